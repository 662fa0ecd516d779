/**
 * Output of a build to a registry that is not the platform's: `spec.output.to` of kind DockerImage. Other than a push to
 * the own registry it is a part of the build, which fails with it: nothing of the platform's could make up for it later.
 */

import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import type { Client } from "../../client/client.ts";
import type { Build } from "../../model/kinds/build/build/build.ts";
import { parseImageReference } from "../../model/kinds/image/image-reference.ts";
import { BuildFailure } from "./failure.ts";
import { registryAuth } from "./registry-auth.ts";
import { pushImage } from "./push-image.ts";

export interface ElsewhereOptions {
  readonly client: Client;
  readonly engine: ContainerEngine;
  readonly tell: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface PushedElsewhere {
  readonly image: string;
  readonly digest: string;
}

const field = "spec.output.to.name";

/** Throws a BuildFailure that names the field to mend. */
export async function pushElsewhere(
  build: Build,
  { image, ownRegistry }: { readonly image: string; readonly ownRegistry: string },
  options: ElsewhereOptions,
): Promise<PushedElsewhere> {
  const { to, pushSecret } = build.spec.output ?? {};
  const { engine, tell, signal } = options;
  const target = parseImageReference(to?.name ?? "");
  if (target === undefined)
    throw new BuildFailure(
      "InvalidOutputReference",
      `${field} is ${to?.name}: it names no image of a registry`,
    );
  const { registry, whole } = target;
  if (registry === ownRegistry)
    throw new BuildFailure(
      "InvalidOutputReference",
      `${field} is ${whole}, which is the platform's own registry: use kind ImageStreamTag`,
    );
  const auth = await registryAuth(options.client, {
    namespace: build.metadata.namespace,
    secret: pushSecret?.name,
    registry,
    path: "spec.output.pushSecret",
    reason: "PushImageToRegistryFailed",
  });
  tell(`-----> Pushing ${whole}`);
  // A name that was there already means the new image from now on; another one would be left behind.
  const isKept = await engine.hasImage(whole);
  await engine.tagImage(image, whole);
  try {
    // As Docker has it: on this machine nobody listens in between.
    const insecure = /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/.test(registry);
    const digest = await pushImage(whole, {
      engine,
      registry: { address: registry, auth },
      insecure,
      signal,
    });
    tell(`       ${digest}`);
    return { image: whole, digest };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof BuildFailure)) throw error;
    throw new BuildFailure(error.reason, explained(whole, error.message, pushSecret?.name), { cause: error });
  } finally {
    if (!isKept) await engine.removeImage(whole);
  }
}

function explained(image: string, message: string, secret: string | undefined): string {
  const isDenied = /unauthorized|denied|forbidden|authentication required|401|403/i.test(message);
  const advice =
    secret === undefined
      ? "name a Secret with its credentials in spec.output.pushSecret"
      : `check Secret ${secret}`;
  const what = `cannot push ${image}: ${message.replace(/^cannot push to the registry: /, "").trim()}`;
  return isDenied ? `${what}. It wants credentials that may push: ${advice}` : what;
}
