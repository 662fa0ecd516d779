import { findObject } from "../../client/find-object.ts";
import { app } from "../../model/kinds/nagi/app/app.ts";
import { release } from "../../model/kinds/nagi/release/release.ts";
import { ageText } from "../../model/table.ts";
import { appOption, getApp, gitSshUrl, gitUrl, platformInfo } from "../app.ts";
import type { Command } from "../command.ts";
import { columns } from "../format.ts";
import { outputOption } from "../manifests.ts";
import { objectText, typedName } from "../output.ts";

export const command: Command = {
  name: "info",
  group: "Apps",
  summary: "Show an app: address, release, processes.",
  usage: "[NAME]",
  options: [appOption, outputOption(["yaml", "json", "name"])],
  async run(context) {
    const found = await getApp(context, context.args[0]);
    const { name = "", namespace = "" } = found.metadata;
    const output = context.text("output");
    const { terminal } = context;
    if (output === "name") return terminal.print(typedName(app, name));
    if (output !== undefined) return terminal.write(objectText(found, output));
    const client = await context.client();
    const info = await platformInfo(client);
    const ssh = gitSshUrl(info, namespace, name);
    const { status = {} } = found;
    const current =
      status.currentRelease === undefined
        ? undefined
        : await findObject(client, release, { namespace, name: status.currentRelease });
    const rows: string[][] = [
      ["App:", name],
      ["Address:", status.url ?? "none yet"],
      ["Git:", gitUrl(info, namespace, name)],
      ...(ssh === undefined ? [] : [["Git over SSH:", ssh]]),
      ["Release:", current === undefined ? "none yet: git push nagi main" : releaseLine(current)],
      ["Created:", `${ageText(found.metadata.creationTimestamp, Date.now())} ago`],
    ];
    for (const [type, counts] of Object.entries(status.processes ?? {}))
      rows.push([`Process ${type}:`, `${counts.ready ?? 0} of ${counts.desired ?? 0} ready`]);
    for (const condition of status.conditions ?? [])
      if (condition.status !== "True")
        rows.push([`${condition.type}:`, `${condition.reason}: ${condition.message}`]);
    return terminal.print(columns(rows));
  },
};

function releaseLine({
  spec,
  status,
}: {
  spec: { version: number; description?: string | undefined };
  status?: { phase?: string | undefined } | undefined;
}): string {
  const description = spec.description === undefined ? "" : ` (${spec.description})`;
  return `v${spec.version} ${status?.phase ?? "Pending"}${description}`;
}
