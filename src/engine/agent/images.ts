/** Images of containers: looked up, pulled when the policy says so, each reference once at a time. */

import { decodeText } from "../../lib/base64.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ContainerEngine, RegistryAuth } from "../../lib/container-engine/container-engine.ts";
import { drain, splitReference } from "../../lib/container-engine/image-engine.ts";
import { isEngineError } from "../../lib/container-engine/engine-transport.ts";
import type { ImageDetails } from "../../lib/container-engine/engine-types.ts";
import { messageOf } from "../../lib/errors.ts";
import { pullMaxMs } from "./limits.ts";

export type PullPolicy = "Always" | "IfNotPresent" | "Never";

export interface ImageRequest {
  readonly reference: string;
  readonly policy: PullPolicy;
  readonly auth?: RegistryAuth | undefined;
  readonly insecure: boolean;
  readonly signal: AbortSignal;
  /** Called when a pull begins, for the event. */
  readonly onPull: () => void;
}

export interface ImageFound {
  readonly details: ImageDetails;
  /** How long the pull took; absent: the image was there. */
  readonly pulledMs?: number | undefined;
}

/** `reason` is the word that kubectl's users know. */
export class ImageError extends Error {
  override readonly name = "ImageError";
  readonly reason: "ErrImagePull" | "ErrImageNeverPull";

  constructor(reason: ImageError["reason"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

export class Images {
  readonly #engine: ContainerEngine;
  readonly #clock: Clock;
  readonly #pulls = new Map<string, Promise<void>>();

  constructor(engine: ContainerEngine, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  async ensure(request: ImageRequest): Promise<ImageFound> {
    const { reference } = request;
    // What was built on this machine is named `localhost/...`: no registry has it.
    const isLocal = reference.startsWith("localhost/");
    const policy = isLocal && request.policy === "Always" ? "IfNotPresent" : request.policy;
    const present = policy === "Always" ? undefined : await this.find(reference);
    if (present !== undefined) return { details: present };
    if (policy === "Never") {
      const message = `Container image "${reference}" is not present with pull policy of Never`;
      throw new ImageError("ErrImageNeverPull", message);
    }
    const startMs = this.#clock.now();
    await this.#pull(request);
    const details = await this.find(reference);
    if (details === undefined)
      throw new ImageError("ErrImagePull", `${reference} is not there after its pull`);
    return { details, pulledMs: this.#clock.now() - startMs };
  }

  async find(reference: string): Promise<ImageDetails | undefined> {
    try {
      return await this.#engine.recentImage(reference);
    } catch (error) {
      if (isEngineError(error, 404)) return undefined;
      // A reference that does not parse is the user's mistake, not the engine's.
      if (isEngineError(error, 400, 500))
        throw new ImageError("ErrImagePull", error.message, { cause: error });
      throw error;
    }
  }

  async #pull(request: ImageRequest): Promise<void> {
    const { reference, onPull } = request;
    const running = this.#pulls.get(reference);
    if (running !== undefined) return running;
    onPull();
    const pulling = this.#pullNow(request).finally(() => this.#pulls.delete(reference));
    this.#pulls.set(reference, pulling);
    return pulling;
  }

  async #pullNow({ reference, auth, insecure, signal }: ImageRequest): Promise<void> {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(pullMaxMs)]);
    try {
      await drain(this.#engine.pullImage(reference, { auth, insecure, signal: limited }));
    } catch (error) {
      if (signal.aborted) throw error;
      throw new ImageError("ErrImagePull", messageOf(error), { cause: error });
    }
  }
}

/** Kubernetes' default: an image without a tag, or with `latest`, may change and is pulled always. */
export function pullPolicyOf(reference: string, given: PullPolicy | undefined): PullPolicy {
  if (given !== undefined) return given;
  if (reference.includes("@")) return "IfNotPresent";
  return splitReference(reference).tag === "latest" ? "Always" : "IfNotPresent";
}

/** Host of the registry in a reference, or undefined when it names none. */
export function registryOf(reference: string): string | undefined {
  const slash = reference.indexOf("/");
  if (slash < 0) return undefined;
  const first = reference.slice(0, slash);
  return first === "localhost" || /[.:]/.test(first) ? first : undefined;
}

/** Credentials for a registry out of a `.dockerconfigjson`. */
export function authFrom(dockerConfig: string, registry: string): RegistryAuth | undefined {
  const { auths = {} } = JSON.parse(dockerConfig) as {
    auths?: Record<string, { auth?: string; username?: string; password?: string }>;
  };
  const entry = Object.entries(auths).find(
    ([key]) => key.replace(/^https?:\/\//, "").split("/")[0] === registry,
  );
  if (entry === undefined) return undefined;
  const { auth, username, password } = entry[1];
  if (username !== undefined && password !== undefined)
    return { username, password, serveraddress: registry };
  const decoded = decodeText(auth);
  const colon = decoded.indexOf(":");
  if (colon < 0) return undefined;
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1), serveraddress: registry };
}
