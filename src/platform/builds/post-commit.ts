/**
 * A build's postCommit hook: OpenShift's way to test an image before it goes anywhere. It runs as a step on the
 * finished image, within the limits of the build; what it writes to disk is thrown away.
 */

import { pack } from "tar-stream";
import type { StepLimits } from "./step-limits.ts";
import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import { isEngineError } from "../../lib/container-engine/engine-transport.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Build } from "../../model/kinds/build/build/build.ts";
import type { BuildLog } from "./build-log.ts";
import { BuildFailure } from "./failure.ts";
import { ProgressText } from "./progress-text.ts";

export interface PostCommitOptions {
  readonly engine: ContainerEngine;
  readonly clock: Clock;
  readonly log: BuildLog;
  readonly signal: AbortSignal;
  /** Of the step. */
  readonly limits: StepLimits;
}

/** Throws a BuildFailure when the hook fails; the image is gone then. */
export async function runPostCommit(build: Build, image: string, options: PostCommitOptions): Promise<void> {
  const { engine, log, signal, clock, limits } = options;
  const { Entrypoint: entrypoint } = (await engine.inspectImage(image)).Config as {
    readonly Entrypoint?: readonly string[] | null;
  };
  const words = hookWords(build.spec.postCommit ?? {}, entrypoint ?? []);
  if (words.length === 0) return;
  log.line("-----> Post-commit hook");
  const context = pack();
  context.entry({ name: "Containerfile" }, `FROM ${image}\nRUN ${JSON.stringify(words)}\n`);
  context.finalize();
  const probe = `${image}-hook`;
  const text = new ProgressText((line) => log.write(line), { clock, ownSteps: true });
  try {
    const asked = { ...limits, tags: [probe], dockerfile: "Containerfile", noCache: true, layers: false };
    for await (const step of engine.buildImage(context, { ...asked, signal })) text.take(step);
    text.end();
  } catch (error) {
    text.end();
    await removeIfThere(engine, image);
    signal.throwIfAborted();
    if (!isEngineError(error)) throw error;
    const status = /(?:exit status|exited with|non-zero code:?) (\d+)/.exec(error.message)?.[1];
    const how =
      status === undefined ? `could not run: ${error.message.trim()}` : `ended with exit status ${status}`;
    const message = `the hook of spec.postCommit ${how}; the image is thrown away. Its output is in the build's log`;
    throw new BuildFailure("PostCommitHookFailed", message, { cause: error });
  } finally {
    await removeIfThere(engine, probe);
  }
}

/** `script` runs in a shell, `command` instead of the image's entrypoint, `args` alone after it. */
function hookWords(
  { script, command = [], args = [] }: NonNullable<Build["spec"]["postCommit"]>,
  entrypoint: readonly string[],
): readonly string[] {
  if (script !== undefined && script !== "") return ["/bin/sh", "-ec", script, "/bin/sh", ...args];
  if (command.length > 0) return [...command, ...args];
  return args.length > 0 ? [...entrypoint, ...args] : [];
}

async function removeIfThere(engine: ContainerEngine, reference: string): Promise<void> {
  await engine.removeImage(reference).catch((error: unknown) => {
    if (!isEngineError(error, 404)) throw error;
  });
}
