import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { app } from "../../model/kinds/nagi/app/app.ts";
import { isOvertaken } from "../../model/kinds/nagi/release/overtaken.ts";
import { release, type Release } from "../../model/kinds/nagi/release/release.ts";
import { appOption, getApp } from "../app.ts";
import { UsageError, type Command } from "../command.ts";
import { followRelease } from "../releases/release-progress.ts";

export const command: Command = {
  name: "rollback",
  group: "Deploying",
  summary: "Go back to an earlier release; that makes a new one.",
  usage: "[VERSION]",
  description: "Without a version, the release that was live before the current one is taken.",
  options: [appOption, { name: "no-wait", type: "boolean", description: "Do not wait for the release." }],
  examples: ["nagi rollback v3", "nagi rollback --app shop"],
  async run(context) {
    const found = await getApp(context);
    const { name = "", namespace } = found.metadata;
    const client = await context.client();
    const { items } = await client.list(release, { namespace, labelSelector: `${appLabel}=${name}` });
    const good = items
      .filter(({ status }) => status?.phase !== "Failed")
      .toSorted((a, b) => a.spec.version - b.spec.version);
    const current = items.find((item) => item.metadata.name === found.status?.currentRelease)?.spec.version;
    const wanted = wantedVersion(context.args[0], good, current);
    await client.patch(
      app,
      { namespace, name },
      {
        type: "merge",
        body: {
          metadata: {
            annotations: { "nagi.dev/rollback-to": String(wanted), "nagi.dev/wish-problem": null },
          },
        },
      },
    );
    context.terminal.print(`Rolling ${name} back to v${wanted}`);
    return context.flag("no-wait") ? 0 : await followRelease(context, found);
  },
};

function wantedVersion(
  word: string | undefined,
  good: readonly Release[],
  current: number | undefined,
): number {
  const versions = good.map(({ spec }) => spec.version);
  const there = versions.map((version) => `v${version}`).join(", ") || "none";
  if (word === undefined) {
    const before = good.filter(({ spec }) => spec.version < (current ?? 0));
    const previous = before.findLast((each) => !isOvertaken(each));
    if (previous !== undefined) return previous.spec.version;
    throw new UsageError("there is no earlier release to go back to", `The releases there are: ${there}`);
  }
  const version = /^v?(\d+)$/.exec(word)?.[1];
  if (version !== undefined && versions.includes(Number(version))) return Number(version);
  throw new UsageError(
    `there is no good release ${JSON.stringify(word)}`,
    `The releases there are: ${there}`,
  );
}
