/** A build in words, for `nagi builds info`. */

import type { Build } from "../model/kinds/build/build/build.ts";
import { ageText } from "../model/table.ts";

/** Rows of a label and what it says. */
export function buildInfo({ metadata, spec, status = {} }: Build, nowMs: number): string[][] {
  const { commit, author, message } = spec.revision?.git ?? {};
  const branch = metadata.annotations?.["nagi.dev/branch"];
  const on = branch === undefined ? "" : ` on ${branch}`;
  const rows: (readonly [string, string | undefined])[] = [
    ["Build:", metadata.name],
    ["Status:", [status.phase ?? "New", status.message ?? ""].filter((text) => text !== "").join(": ")],
    ["Why:", spec.triggeredBy?.map((cause) => cause.message ?? "").join(", ")],
    ["Commit:", commit === undefined ? undefined : `${commit.slice(0, 7)}${on}: ${message ?? ""}`],
    ["Author:", author?.name === undefined ? undefined : `${author.name} <${author.email ?? ""}>`],
    ["Root:", spec.source?.contextDir],
    ["Detected:", status.detected?.explanation],
    ["Platform:", status.detected?.platform],
    ["Image:", status.outputDockerImageReference],
    ["Digest:", status.output?.to?.imageDigest],
    ["Processes:", processesText(status.processes)],
    [
      "Started:",
      status.startTimestamp === undefined ? "not yet" : `${ageText(status.startTimestamp, nowMs)} ago`,
    ],
    ["Took:", status.duration === undefined ? undefined : secondsText(status.duration / 1e6)],
    ...(status.stages ?? []).map(
      ({ name, durationMilliseconds }) => [`  ${name}:`, secondsText(durationMilliseconds ?? 0)] as const,
    ),
  ];
  return rows.flatMap(([label, text]) => (text === undefined || text === "" ? [] : [[label, text]]));
}

function processesText(processes: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(processes ?? {})
    .map(([name, text]) => `${name} (${text})`)
    .join(", ");
}

function secondsText(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
