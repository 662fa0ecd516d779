/** What is said of a container that could not be started, and when it is tried again. */

import type { EventRecorder } from "../../client/event-recorder.ts";
import { backoffDelayMs } from "../../lib/backoff.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import { ImageError } from "./images.ts";
import { configBackoff, pullBackoff, startBackoff } from "./limits.ts";
import type { StartFailure } from "./plan.ts";
import { ConfigError } from "./pod-fields.ts";
import { StartError } from "./start-container.ts";
import { WiringError } from "../../lib/wiring/wiring.ts";

/** A pull that failed is shown as that for so long, then as waiting for the next try. */
const pullErrorShownMs = 1000;

export interface FailureContext {
  readonly image: string;
  readonly previous: StartFailure | undefined;
  readonly nowMs: number;
}

/** Undefined for an error that is not of the pod's making. */
export function failureOf(
  error: unknown,
  { image, previous, nowMs }: FailureContext,
): StartFailure | undefined {
  const count = (previous?.count ?? 0) + 1;
  if (error instanceof ConfigError) {
    const retryAtMs = nowMs + backoffDelayMs(configBackoff, count);
    return { reason: "CreateContainerConfigError", message: error.message, retryAtMs, count };
  }
  if (error instanceof ImageError) {
    const retryAtMs = nowMs + backoffDelayMs(pullBackoff, count);
    const failure = { reason: error.reason, message: error.message, retryAtMs, count };
    if (error.reason === "ErrImageNeverPull") return failure;
    const message = `Back-off pulling image "${image}": ErrImagePull: ${error.message}`;
    return {
      ...failure,
      image,
      later: { atMs: nowMs + pullErrorShownMs, reason: "ImagePullBackOff", message },
    };
  }
  if (error instanceof StartError) {
    const retryAtMs = nowMs + backoffDelayMs(startBackoff, count);
    const failure = { reason: error.reason, message: error.message, retryAtMs, count };
    return error.hopeless ? { ...failure, hopelessMs: nowMs } : failure;
  }
  if (error instanceof WiringError) {
    const retryAtMs = nowMs + backoffDelayMs(startBackoff, count);
    return { reason: "CreatePodSandboxError", message: error.message, retryAtMs, count };
  }
  return undefined;
}

/** The same failure as it is to be shown now. */
export function nextFailureView(failure: StartFailure, nowMs: number): StartFailure {
  const { later } = failure;
  if (later === undefined || nowMs < later.atMs) return failure;
  return { ...failure, reason: later.reason, message: later.message, later: undefined };
}

export function tellFailure(recorder: EventRecorder, pod: Pod, failure: StartFailure): void {
  const { reason, message, image } = failure;
  const warn = (eventReason: string, text: string): void => recorder.event(pod, "Warning", eventReason, text);
  switch (reason) {
    case "ErrImagePull":
      warn("Failed", `Failed to pull image "${image}": ${message}`);
      warn("Failed", "Error: ErrImagePull");
      return;
    case "ImagePullBackOff":
      recorder.event(pod, "Normal", "BackOff", `Back-off pulling image "${image}"`);
      warn("Failed", "Error: ImagePullBackOff");
      return;
    case "ErrImageNeverPull":
      warn("ErrImageNeverPull", message);
      warn("Failed", "Error: ErrImageNeverPull");
      return;
    case "CreatePodSandboxError":
      warn("FailedCreatePodSandBox", `Failed to create pod sandbox: ${message}`);
      return;
    default:
      warn("Failed", `Error: ${message}`);
  }
}
