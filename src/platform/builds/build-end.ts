/** How a build that was stopped or failed ends, as its status says it. */

import { messageOf } from "../../lib/errors.ts";
import type { BuildStatus } from "../../model/kinds/build/build/build.ts";
import { BuildFailure } from "./failure.ts";

/** Why a build under way was stopped. */
export type Stop = "cancelled" | "deadline" | "deleted" | "disk" | "shutdown";

interface Limits {
  readonly deadlineMs: number;
  readonly diskLimitBytes?: number | undefined;
}

/** Undefined for one that nobody stopped. */
export function stopped(
  stop: Stop | undefined,
  { deadlineMs, diskLimitBytes = 0 }: Limits,
): BuildStatus | undefined {
  switch (stop) {
    case undefined:
      return undefined;
    case "deadline": {
      const minutes = Math.round(deadlineMs / 6000) / 10;
      const message = `The build took longer than the ${minutes} minutes that it may.`;
      return { phase: "Failed", reason: "BuildDeadlineExceeded", message };
    }
    case "disk": {
      const limit = `${Math.round(diskLimitBytes / 1024 ** 2)} MiB`;
      const message = `The build's steps wrote more than the ${limit} that they may. Write less, or raise the limit: nagi source --limit disk=20Gi`;
      return { phase: "Failed", reason: "DiskLimitExceeded", message };
    }
    case "shutdown": {
      const message =
        "The platform stopped while the build was running. Push again, or start the build again.";
      return { phase: "Error", reason: "BuildInterrupted", message };
    }
    default:
      return { phase: "Cancelled", reason: "CancelledBuild", message: "The build was cancelled." };
  }
}

export function failed(error: unknown): BuildStatus {
  if (error instanceof BuildFailure) return { phase: "Failed", reason: error.reason, message: error.message };
  return { phase: "Error", reason: "GenericBuildFailed", message: messageOf(error) };
}
