/** A release, or the difference between two, as text. */

import type { CanaryStatus, CanaryStep } from "../../model/kinds/nagi/release/canary-status.ts";
import type { Release, ReleaseSpec } from "../../model/kinds/nagi/release/release.ts";
import { ageText } from "../../model/table.ts";
import type { Terminal } from "../command.ts";
import { columns } from "../format.ts";
import { shownValue } from "../config/masked.ts";
import { paint } from "../terminal.ts";

export type Values = Readonly<Record<string, string>>;

export interface Beside {
  /** Undefined when they are lost. */
  readonly config: Values | undefined;
  readonly digest: string | undefined;
  readonly showValues: boolean;
}

export function releaseInfo(
  terminal: Terminal,
  release: Release,
  { config, digest, showValues }: Beside,
): string {
  const { metadata, spec, status } = release;
  const created = metadata.creationTimestamp ?? "";
  const rows: [string, string | undefined][] = [
    ["Release:", `v${spec.version} of ${spec.app}`],
    ["Status:", status?.phase ?? "Pending"],
    ["Why:", status?.message],
    ["Change:", spec.description],
    ["Cause:", spec.cause],
    ["By:", spec.createdBy],
    ["When:", created === "" ? undefined : `${created} (${ageText(created, Date.now())} ago)`],
    ["Image:", spec.image],
    ["Digest:", digest],
    ["Image ID:", status?.imageID],
    ["Build:", spec.build],
    ["Commit:", spec.commit],
    ["Release phase:", phaseText(release)],
  ];
  const head = columns(rows.filter((row): row is [string, string] => (row[1] ?? "") !== ""));
  return [
    head,
    ...section("Canary", canaryRows(status?.canary)),
    ...section("Process types", processRows(spec)),
    ...section("Config vars", configRows(config, showValues)),
    ...(status?.logSnippet === undefined ? [] : ["", "Last lines of its log:", indent(status.logSnippet)]),
  ]
    .map((line) => (line.endsWith(":") && !line.includes("  ") ? paint(terminal, "bold", line) : line))
    .join("\n");
}

/** Its steps, with what the router counted in each: of the release, and of the one before. */
function canaryRows(canary: CanaryStatus | undefined): string[][] {
  if (canary === undefined) return [];
  const all: readonly CanaryStep[] = [...(canary.steps ?? []), ...(canary.weight === 100 ? [] : [canary])];
  const ms = (value: number | undefined): string => (value === undefined ? "-" : `${value} ms`);
  return [
    ["SHARE", "REQUESTS", "FAILED", "P95", "BEFORE", "FAILED", "P95"],
    ...all.map((each) => [
      `${each.weight} %`,
      String(each.requests ?? 0),
      String(each.serverErrors ?? 0),
      ms(each.p95Ms),
      String(each.beforeRequests ?? 0),
      String(each.beforeServerErrors ?? 0),
      ms(each.beforeP95Ms),
    ]),
  ];
}

function phaseText({ spec, status }: Release): string | undefined {
  const command = spec.processes["release"]?.command ?? spec.postDeploy;
  if (command === undefined) return undefined;
  const phase = status?.releasePhase;
  if (phase?.state === undefined) return "has not run";
  const code = phase.exitCode === undefined ? "" : `, exit code ${phase.exitCode}`;
  return `${phase.state.toLowerCase()}${code} (log: nagi releases output v${spec.version})`;
}

function processRows({ processes, port, postDeploy }: ReleaseSpec): string[][] {
  const rows = Object.entries(processes)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { command }]) => [`${name}:`, command ?? "(the image's own command)"]);
  return [
    ...rows,
    ...(postDeploy === undefined ? [] : [["postdeploy:", postDeploy]]),
    ...(port === undefined ? [] : [["port:", String(port)]]),
  ];
}

function configRows(config: Values | undefined, showValues: boolean): string[][] {
  if (config === undefined) return [["(lost)"]];
  return Object.entries(config)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [`${name}:`, shownValue(value, showValues)]);
}

function section(title: string, rows: readonly string[][]): string[] {
  return rows.length === 0 ? [] : ["", `${title}:`, indent(columns(rows.map((row) => [...row])))];
}

function indent(text: string): string {
  return text
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
}

/** Lines with -, + and what is the same left out. */
export function releaseDiff(
  terminal: Terminal,
  [before, after]: readonly [Release, Release],
  [configBefore = {}, configAfter = {}]: readonly [Values | undefined, Values | undefined],
  showValues: boolean,
): string {
  const lines = [
    ...changes(contentOf(before), contentOf(after), (text) => text),
    ...changes(prefixed("config ", configBefore), prefixed("config ", configAfter), (text) =>
      shownValue(text, showValues),
    ),
  ];
  const [from, to] = [`v${before.spec.version}`, `v${after.spec.version}`];
  if (lines.length === 0) return `${from} and ${to} of ${after.spec.app} are the same.`;
  const painted = lines.map((line) => paint(terminal, line.startsWith("-") ? "red" : "green", line));
  return [
    `--- ${from}  ${before.spec.description ?? ""}`,
    `+++ ${to}  ${after.spec.description ?? ""}`,
    ...painted,
  ].join("\n");
}

function contentOf({ spec }: Release): Values {
  const { image, imageDigest, port, build, commit, processes, postDeploy } = spec;
  const all: Record<string, string | undefined> = {
    image,
    digest: imageDigest,
    build,
    commit,
    port: port === undefined ? undefined : String(port),
    postdeploy: postDeploy,
    ...Object.fromEntries(
      Object.entries(processes).map(([name, { command }]) => [
        `process ${name}`,
        command ?? "(the image's own)",
      ]),
    ),
  };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function prefixed(prefix: string, values: Values): Values {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]));
}

function changes(before: Values, after: Values, shown: (value: string) => string): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return names.flatMap((name) => {
    const [old, fresh] = [before[name], after[name]];
    if (old === fresh) return [];
    return [
      ...(old === undefined ? [] : [`- ${name}: ${shown(old)}`]),
      ...(fresh === undefined ? [] : [`+ ${name}: ${shown(fresh)}`]),
    ];
  });
}
