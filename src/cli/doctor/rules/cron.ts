/** Runs of cron jobs. They end by nature: of each job the last one tells something, and that only if it failed. */

import { cronLabel } from "../../../model/kinds/nagi/app/app-names.ts";
import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import type { Evidence, Finding } from "../evidence.ts";
import { readLastWords } from "./last-words.ts";

const quotedLinesMax = 8;

export function isEndedRun({ metadata, status }: Pod): boolean {
  const hasEnded = status?.phase === "Succeeded" || status?.phase === "Failed";
  return hasEnded && metadata.labels?.[cronLabel] !== undefined;
}

export function failedRuns({ app, pods, lastLines }: Evidence): Finding[] {
  const byJob = Map.groupBy(pods.filter(isEndedRun), ({ metadata }) => metadata.labels?.[cronLabel]);
  return [...byJob].flatMap(([job, runs]): Finding[] => {
    const last = runs.toSorted((a, b) => startOf(b) - startOf(a))[0];
    if (last?.status?.phase !== "Failed") return [];
    const { name = "" } = last.metadata;
    const lines = lastLines.get(name) ?? [];
    const { exitCode, reason = "Error" } = last.status.containerStatuses?.[0]?.state?.terminated ?? {};
    const words = exitCode === undefined ? undefined : readLastWords(lines, exitCode);
    const end = exitCode === undefined ? "it did not run to its end" : `exit code ${exitCode} (${reason})`;
    return [
      {
        cause: "CronRunFailed",
        severity: "warning",
        text: `the last run of cron job ${job} failed${words === undefined ? "" : `: ${words.text}`}`,
        evidence: [
          `${name}: ${last.status.message ?? end}`,
          ...lines.slice(-quotedLinesMax).map((line) => `| ${line}`),
        ],
        next: [
          `nagi cron logs ${job} --app ${app.metadata.name}`,
          `nagi cron history ${job} --app ${app.metadata.name}`,
        ],
      },
    ];
  });
}

function startOf({ metadata }: Pod): number {
  return Date.parse(metadata.creationTimestamp ?? "") || 0;
}
