import { housekeepingPolicy, readPast, removePast } from "../../client/housekeeping/keep-house.ts";
import { planHousekeeping, type OldObject } from "../../client/housekeeping/plan.ts";
import type { Client } from "../../client/client.ts";
import { housekeeping, housekeepingName } from "../../model/kinds/nagi/housekeeping/housekeeping.ts";
import { ageText } from "../../model/table.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { columns } from "../format.ts";

const times = ["keepBuildsSeconds", "keepEndedPodsSeconds", "keepEndedJobsSeconds"];
const counts = ["everyHours", "keepBuilds"];
const settings: readonly string[] = ["suspend", ...counts, ...times];

export const command: Command = {
  name: "prune",
  group: "Platform",
  summary: "Remove builds, pods and jobs that ended long ago; show or change how long they are kept.",
  usage: "[policy [NAME=VALUE...]]",
  subcommands: ["policy"],
  description:
    "What goes is what the policy does not keep: it goes by itself too, every hour, and before pods have to give way to a\n" +
    "full disk. Builds that a release is of stay. Images have a policy of their own: nagi images prune.",
  options: [
    { name: "dry-run", type: "boolean", description: "Only show what would go." },
    { name: "all-namespaces", short: "A", type: "boolean", description: "Of all namespaces." },
  ],
  examples: [
    "nagi prune --dry-run",
    "nagi prune -A",
    "nagi prune policy keepEndedPodsSeconds=12h keepBuilds=10",
  ],
  async run(context) {
    const [action, ...words] = context.args;
    const client = await context.client();
    if (action === "policy") return await showPolicy(context, client, words);
    if (action !== undefined)
      throw new UsageError(`nagi prune has no action ${JSON.stringify(action)}`, "The only one: policy");
    const namespace = context.flag("all-namespaces") ? undefined : await context.namespace();
    const { spec } = await housekeepingPolicy(client);
    const old = planHousekeeping(await readPast(client, namespace), spec, Date.now());
    const dryRun = context.flag("dry-run");
    const { terminal } = context;
    if (old.length > 0) terminal.print(tableOf(old, namespace === undefined));
    if (dryRun || old.length === 0) {
      terminal.print(
        old.length === 0 ? "Nothing is older than is kept." : `Would remove ${countText(old.length)}.`,
      );
      terminal.note("What is kept: nagi prune policy");
      return;
    }
    terminal.print(`Removed ${countText(await removePast(client, old))}.`);
  },
};

function tableOf(old: readonly OldObject[], withNamespace: boolean): string {
  const nowMs = Date.now();
  const rows = old.map(({ kind, object: { metadata }, endedMs, why }) => [
    kind,
    withNamespace ? `${metadata.namespace}/${metadata.name}` : (metadata.name ?? ""),
    `${ageText(new Date(endedMs).toISOString(), nowMs)} ago`,
    why,
  ]);
  return columns([["KIND", "NAME", "ENDED", "WHY"], ...rows]);
}

function countText(count: number): string {
  return count === 1 ? "1 object" : `${count} objects`;
}

async function showPolicy(context: CommandContext, client: Client, words: readonly string[]): Promise<void> {
  await housekeepingPolicy(client);
  if (words.length > 0) {
    const body = { spec: Object.fromEntries(words.map(parseSetting)) };
    await client.patch(housekeeping, { name: housekeepingName }, { type: "merge", body });
  }
  const { spec, status } = await housekeepingPolicy(client);
  const described = housekeeping.fields["spec"]?.fields ?? {};
  const rows = settings.map((name) => [
    name,
    String(Reflect.get(spec, name)),
    described[name]?.description ?? "",
  ]);
  const { terminal } = context;
  terminal.print(columns([["SETTING", "VALUE", "WHAT IT MEANS"], ...rows]));
  const last = status?.lastRunTime;
  const failed = status?.message === undefined ? "" : `, and failed: ${status.message}`;
  terminal.print(
    last === undefined
      ? "It has not run yet."
      : `Last run ${last}: ${countText(status?.removed ?? 0)} removed${failed}`,
  );
}

function parseSetting(word: string): [string, number | boolean] {
  const equals = word.indexOf("=");
  const [name, value] = [word.slice(0, Math.max(0, equals)), word.slice(equals + 1)];
  if (!settings.includes(name))
    throw new UsageError(
      `${JSON.stringify(word)} is no setting`,
      `Settings are NAME=VALUE, of: ${settings.join(", ")}`,
    );
  if (times.includes(name)) return [name, Math.ceil(parseDuration(value, name) / 1000)];
  if (name === "suspend" && /^(true|false)$/.test(value)) return [name, value === "true"];
  if (counts.includes(name) && /^\d{1,9}$/.test(value)) return [name, Number(value)];
  const allowed = name === "suspend" ? "true or false" : "a whole number";
  throw new UsageError(`${name} is ${JSON.stringify(value)}: must be ${allowed}`);
}
