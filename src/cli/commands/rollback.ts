import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { app } from "../../model/kinds/nagi/app/app.ts";
import { release } from "../../model/kinds/nagi/release/release.ts";
import { appOption, getApp } from "../app.ts";
import { UsageError, type Command } from "../command.ts";
import { followRelease } from "../releases/release-progress.ts";

export const command: Command = {
  name: "rollback",
  group: "Deploying",
  summary: "Go back to an earlier release; that makes a new one.",
  usage: "[VERSION]",
  description: "Without a version, the release before the current one is taken.",
  options: [appOption, { name: "no-wait", type: "boolean", description: "Do not wait for the release." }],
  examples: ["nagi rollback v3", "nagi rollback --app shop"],
  async run(context) {
    const found = await getApp(context);
    const { name = "", namespace } = found.metadata;
    const client = await context.client();
    const { items } = await client.list(release, { namespace, labelSelector: `${appLabel}=${name}` });
    const versions = items
      .filter(({ status }) => status?.phase !== "Failed")
      .map(({ spec }) => spec.version)
      .toSorted((a, b) => a - b);
    const current = items.find((item) => item.metadata.name === found.status?.currentRelease)?.spec.version;
    const wanted = wantedVersion(context.args[0], versions, current);
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
  versions: readonly number[],
  current: number | undefined,
): number {
  const there = versions.map((version) => `v${version}`).join(", ") || "none";
  if (word === undefined) {
    const previous = versions.filter((version) => version < (current ?? 0)).at(-1);
    if (previous !== undefined) return previous;
    throw new UsageError("there is no earlier release to go back to", `The releases there are: ${there}`);
  }
  const version = /^v?(\d+)$/.exec(word)?.[1];
  if (version !== undefined && versions.includes(Number(version))) return Number(version);
  throw new UsageError(
    `there is no good release ${JSON.stringify(word)}`,
    `The releases there are: ${there}`,
  );
}
