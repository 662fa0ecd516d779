/** A build in words, for `nagi builds info`. */

import type { Build } from "../model/kinds/build/build/build.ts";
import type { SourceRevision } from "../model/kinds/build/build-spec.ts";
import { ageText } from "../model/table.ts";

/** Rows of a label and what it says. */
export function buildInfo(build: Build, nowMs: number): string[][] {
  const rows = [...sourceRows(build), ...resultRows(build), ...timeRows(build, nowMs)];
  return rows.flatMap(([label, text]) => (text === undefined || text === "" ? [] : [[label, text]]));
}

type Row = readonly [label: string, text: string | undefined];

function sourceRows({ metadata, spec, status }: Build): Row[] {
  const { commit, author, message } = spec.revision?.git ?? {};
  const branch = metadata.annotations?.["nagi.dev/branch"];
  const on = branch === undefined ? "" : ` on ${branch}`;
  return [
    ["Build:", metadata.name],
    ["Status:", [status?.phase ?? "New", status?.message ?? ""].filter((text) => text !== "").join(": ")],
    ["Why:", spec.triggeredBy?.map((cause) => cause.message ?? "").join(", ")],
    ["Commit:", commit === undefined ? undefined : `${commit.slice(0, 7)}${on}: ${message ?? ""}`],
    ["Author:", authorText(author)],
    ["Root:", spec.source?.contextDir],
  ];
}

type Author = NonNullable<NonNullable<SourceRevision["git"]>["author"]>;

/** What was deployed without git has an author without an address: whoever deployed it, who is named already. */
function authorText({ name, email = "" }: Author = {}): string | undefined {
  return name === undefined || email === "" ? undefined : `${name} <${email}>`;
}

function resultRows({ status = {} }: Build): Row[] {
  return [
    ["Detected:", status.detected?.explanation],
    ["Platform:", status.detected?.platform],
    ["Image:", status.outputDockerImageReference],
    ["Digest:", status.output?.to?.imageDigest],
    ["Processes:", processesText(status.processes)],
  ];
}

function timeRows({ status = {} }: Build, nowMs: number): Row[] {
  const { startTimestamp, duration, stages = [] } = status;
  return [
    ["Started:", startTimestamp === undefined ? "not yet" : `${ageText(startTimestamp, nowMs)} ago`],
    ["Took:", duration === undefined ? undefined : secondsText(duration / 1e6)],
    ...stages.map((stage): Row => [`  ${stage.name}:`, secondsText(stage.durationMilliseconds ?? 0)]),
  ];
}

function processesText(processes: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(processes ?? {})
    .map(([name, text]) => `${name} (${text})`)
    .join(", ");
}

function secondsText(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
