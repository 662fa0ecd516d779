/** The cells of jobs. */

import { findCondition, isConditionTrue } from "../../../conditions.ts";
import type { ColumnContext } from "../../../kind.ts";
import type { Condition, KubeObject } from "../../../meta.ts";
import { durationText } from "../../../table.ts";

interface JobLike extends KubeObject {
  spec: { completions?: number | undefined; parallelism?: number | undefined };
  status?:
    | {
        conditions?: Condition[] | undefined;
        succeeded?: number | undefined;
        startTime?: string | undefined;
        completionTime?: string | undefined;
      }
    | undefined;
}

const conditionWords = ["Complete", "Failed", "Suspended", "FailureTarget", "SuccessCriteriaMet"];

export function jobStatusCell({ metadata, status }: JobLike): string {
  const first = conditionWords.slice(0, 2).find((type) => isConditionTrue(status?.conditions, type));
  if (first !== undefined) return first;
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  return conditionWords.slice(2).find((type) => isConditionTrue(status?.conditions, type)) ?? "Running";
}

export function completionsCell({ spec, status }: JobLike): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const { parallelism = 0 } = spec;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

export function durationCell({ status }: JobLike, { nowMs }: ColumnContext): string {
  if (status?.startTime === undefined) return "";
  const failed = findCondition(status.conditions, "Failed");
  const endText =
    status.completionTime ?? (failed?.status === "True" ? failed.lastTransitionTime : undefined);
  const endMs = endText === undefined ? nowMs : Date.parse(endText);
  return durationText(endMs - Date.parse(status.startTime));
}
