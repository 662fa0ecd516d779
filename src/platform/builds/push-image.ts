import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import { messageOf } from "../../lib/errors.ts";
import { BuildFailure } from "./failure.ts";
import type { RegistryTarget } from "./work.ts";

export interface PushOptions {
  readonly engine: Pick<ContainerEngine, "pushImage">;
  readonly registry: RegistryTarget;
  /** Whether the registry may be without TLS, as the platform's own is. */
  readonly insecure?: boolean;
  readonly signal?: AbortSignal;
}

/** The digest of the image in the registry. */
export async function pushImage(
  image: string,
  { engine, registry, insecure = true, signal }: PushOptions,
): Promise<string> {
  let digest: string | undefined;
  try {
    const options = { auth: registry.auth, insecure, ...(signal === undefined ? {} : { signal }) };
    for await (const { status, aux } of engine.pushImage(image, options)) {
      digest = aux?.Digest ?? /digest: (sha256:[0-9a-f]{64})/.exec(status ?? "")?.[1] ?? digest;
    }
  } catch (error) {
    const message = `cannot push to the registry: ${messageOf(error)}`;
    throw new BuildFailure("PushImageToRegistryFailed", message, { cause: error });
  }
  if (digest !== undefined) return digest;
  const message = "the engine did not say what it pushed to the registry";
  throw new BuildFailure("PushImageToRegistryFailed", message);
}
