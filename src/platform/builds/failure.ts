/** Why a build failed, in words that say what to do. Reasons are OpenShift's where it has one. */

import { plainStep } from "./containerfile.ts";

export type FailureReason =
  | "BuildDeadlineExceeded"
  | "BuildInterrupted"
  | "BuildNetworkFailed"
  | "CancelledBuild"
  | "CannotDetect"
  | "DiskFull"
  | "DockerBuildFailed"
  | "FetchSourceFailed"
  | "GenericBuildFailed"
  | "CustomBuildFailed"
  | "ImageStoreChanged"
  | "InvalidAppJson"
  | "InvalidImageReference"
  | "InvalidOutputReference"
  | "MissingBuildSecret"
  | "MissingConfig"
  | "OutOfMemoryKilled"
  | "PlatformNotReady"
  | "PostCommitHookFailed"
  | "PullBuilderImageFailed"
  | "StepKilled"
  | "PushImageToRegistryFailed"
  | "UnsupportedStrategy";

/** A build that could not be made, for a reason that its owner can see to. */
export class BuildFailure extends Error {
  override readonly name = "BuildFailure";
  readonly reason: FailureReason;

  constructor(reason: FailureReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

export interface EngineComplaint {
  readonly text: string;
  /** Last lines that the steps wrote. */
  readonly output: readonly string[];
  /** How much memory a step may use, in words. */
  readonly memory: string;
  /** Whether the kernel ended something of the steps since it was used up; undefined where that is not known. */
  readonly ranOut?: boolean | undefined;
  /** Of the kind of app that is built. */
  readonly signs?: readonly FailureSign[] | undefined;
}

/** What a tool writes when it fails, and what to do then; `$1` is what the first group found. */
export type FailureSign = readonly [sign: RegExp, advice: string];

/** What the engine's complaint means. */
export function explainEngineFailure({
  text: complaint,
  output,
  memory,
  ranOut,
  signs = [],
}: EngineComplaint): BuildFailure {
  const text = complaint.trim();
  if (/\b(layer|image) not known\b/i.test(text)) {
    const advice = "an image that the build stands on was removed while it ran: build it again";
    return new BuildFailure("ImageStoreChanged", `${advice} (${shortened(text)})`);
  }
  if (/no space left on device|disk quota exceeded/i.test(text)) {
    const advice = "the disk is full: remove what is not needed (`nagi builds`, images, logs) and push again";
    return new BuildFailure("DiskFull", `${advice} (${shortened(text)})`);
  }
  const isKilled = killed.test(text);
  if (ranOut === true || isKilled) return killedFailure(memory, { isKilled, ranOut });
  if (/no FROM statement found/i.test(text)) {
    const hint =
      "the Dockerfile has no FROM line: it begins with the image to build on, for instance `FROM nagi/base`";
    return new BuildFailure("DockerBuildFailed", hint);
  }
  const mounted = missingMount(text);
  if (mounted !== undefined) return mounted;
  const advice = adviceFor(signs, output);
  if (advice !== undefined) return new BuildFailure("DockerBuildFailed", advice);
  const step =
    /building at STEP "((?:[^"\\]|\\.)*)":.*?(exit status|exited with|non-zero code:?) (\d+)/s.exec(text);
  if (step !== null) {
    return new BuildFailure(
      "DockerBuildFailed",
      `${stepText(step[1] ?? "")} ended with exit status ${step[3]}`,
    );
  }
  if (
    /(manifest unknown|name unknown|pull access denied|not found|unable to find|initializing source)/i.test(
      text,
    )
  ) {
    return new BuildFailure(
      "DockerBuildFailed",
      `cannot get an image that the build needs: ${shortened(text)}`,
    );
  }
  return new BuildFailure("DockerBuildFailed", shortened(text));
}

/** What a step mounts is copied into a stage of its own before (dockerfile/). */
function missingMount(text: string): BuildFailure | undefined {
  const [, from, path = ""] = /building at STEP "COPY (?:--from=(\S+) )?(\S+) \/content"/.exec(text) ?? [];
  if (path === "") return undefined;
  const where = from === undefined ? "the source" : from;
  const message = `a step mounts ${path} of ${where}, where there is no such path; symbolic links lead nowhere outside of it`;
  return new BuildFailure("DockerBuildFailed", message);
}

const killed = /\b(exit status|exited with|exit code:?|returned a non-zero code:) 137\b|signal: killed/i;

interface Killed {
  /** Whether it was the step itself, rather than something that it ran. */
  readonly isKilled: boolean;
  readonly ranOut: boolean | undefined;
}

function killedFailure(memory: string, { isKilled, ranOut }: Killed): BuildFailure {
  if (ranOut === false) {
    const message =
      "a step was killed (exit status 137), twice, and not for its memory: something on this machine, or the step itself, ended it. Build it again, and look at what the step runs";
    return new BuildFailure("StepKilled", message);
  }
  const status = isKilled ? ": exit status 137" : "";
  const why =
    ranOut === true
      ? `a step was killed because it used more memory than the build may (${memory})${status}`
      : `a step was killed, most likely because it used more memory than the build may (${memory})${status}`;
  const advice =
    "Build with less memory, for instance fewer workers, or raise the limit: nagi source --limit memory=4Gi";
  return new BuildFailure("OutOfMemoryKilled", `${why}. ${advice}`);
}

/** The first sign that is seen, with what its line named. */
function adviceFor(signs: readonly FailureSign[], output: readonly string[]): string | undefined {
  for (const [sign, advice] of signs) {
    const found = output.map((line) => sign.exec(line)).find((match) => match !== null);
    if (found !== undefined && found !== null) return advice.replaceAll("$1", found[1] ?? "");
  }
  return undefined;
}

function stepText(step: string): string {
  const plain = plainStep(step.replaceAll('\\"', '"'));
  return `\`${shortened(plain)}\``;
}

function shortened(text: string): string {
  return text.length > 500 ? `${text.slice(0, 497)}...` : text;
}
