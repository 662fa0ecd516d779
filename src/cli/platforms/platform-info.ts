/** What `nagi platforms info` says of one platform. */

import type { StandingApp } from "../../client/standing-apps.ts";
import { standsOn } from "../../client/standing-apps.ts";
import { sizeCell } from "../../model/cells.ts";
import { findCondition } from "../../model/conditions.ts";
import { upToDate, type Platform, type RebuildStatus } from "../../model/kinds/nagi/platform/platform.ts";
import { ageText } from "../../model/table.ts";
import { columns } from "../format.ts";

export function platformInfo(
  found: Platform,
  all: readonly Platform[],
  standing: readonly StandingApp[],
): string {
  const { metadata, spec, status = {} } = found;
  const { name = "" } = metadata;
  const update = findCondition(status.conditions, upToDate);
  const above = all.filter((each) => each.status?.from === name).map((each) => each.metadata.name ?? "");
  const apps = standing.filter((each) => standsOn(each, name));
  const lines = [
    ["Platform:", name],
    ["What it is:", descriptionOf(found)],
    ["Recipe:", recipeText(found)],
    ["Status:", spec?.disabled === true ? "disabled: builds may not use it" : (status.phase ?? "Pending")],
    ...(update === undefined || update.status === "True" ? [] : [["Update:", update.message ?? ""]]),
    ["Stands on:", status.from ?? "Debian's packages"],
    ["For:", `${status.language ?? name} apps`],
    ...(above.length === 0 ? [] : [["Under:", above.join(", ")]]),
    ["Apps:", apps.length === 0 ? "none" : apps.map((each) => appText(each)).join(", ")],
    ...(status.rebuild === undefined ? [] : [["Last rebuild:", rebuildText(status.rebuild)]]),
  ];
  return [columns(lines), ...versionLines(status, apps)].join("\n");
}

function descriptionOf({ status = {} }: Platform): string {
  return status.phase === "Ready" || status.phase === "Pending" ? (status.message ?? "") : "";
}

function recipeText({ spec, status }: Platform): string {
  if (spec?.files === undefined) return "comes with Nagi";
  const files = spec.files.map(({ path }) => path).join(", ");
  return status?.builtIn === true ? `${files} (in place of the one that comes with Nagi)` : files;
}

function appText({ app: { metadata }, pin, build }: StandingApp): string {
  const name = metadata.namespace === "default" ? metadata.name : `${metadata.namespace}/${metadata.name}`;
  const version = build?.status?.detected?.platformVersion;
  const built = version === undefined ? "" : ` v${version}`;
  return `${name}${built}${pin?.version === undefined ? "" : ` (names v${pin.version})`}`;
}

export function rebuildText({ phase, message = "", apps = [] }: RebuildStatus): string {
  const done = apps.filter((each) => each.phase === "Done").length;
  const count = apps.length === 0 ? "" : `, ${done} of ${apps.length} apps rebuilt`;
  return `${phase}${count}${message === "" ? "" : `: ${message}`}`;
}

function versionLines(
  { history = [] }: NonNullable<Platform["status"]>,
  apps: readonly StandingApp[],
): string[] {
  if (history.length === 0) return [];
  const rows = history.map(({ version, madeAt, sizeBytes = 0, programs = [] }) => [
    `v${version}`,
    madeAt === undefined ? "" : `${ageText(madeAt, Date.now())} ago`,
    sizeCell(sizeBytes),
    programs.map((each) => `${each.name} ${each.version}`).join(", "),
    apps
      .filter(({ build }) => build?.status?.detected?.platformVersion === version)
      .map(({ app }) => app.metadata.name ?? "")
      .join(", "),
  ]);
  return ["", columns([["VERSION", "MADE", "SIZE", "PROGRAMS", "APPS"], ...rows])];
}
