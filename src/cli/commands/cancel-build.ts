import { isEnded } from "../../model/kinds/build/build-phases.ts";
import type { Client } from "../../client/client.ts";
import { cloneBuild } from "../../client/start-build.ts";
import { build as buildKind, type Build } from "../../model/kinds/build/build/build.ts";
import { buildNumber, configLabel } from "../../model/kinds/build/new-build.ts";
import type { ObjectRef } from "../../model/meta.ts";
import { isNotFound } from "../../model/status.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { cancelBuild, waitForEnd } from "../follow-build.ts";

const states = ["new", "pending", "running"] as const;

export const command: Command = {
  name: "cancel-build",
  group: "Deploying",
  summary: "Cancel builds that wait or run.",
  usage: "BUILD|bc/NAME [...]",
  description: "bc/NAME means all builds of a BuildConfig that have not ended.",
  options: [
    {
      name: "state",
      type: "string",
      multiple: true,
      choices: states,
      value: "STATE",
      description: "Only builds in this state; may be given several times.",
    },
    { name: "restart", type: "boolean", description: "Start the same builds again." },
  ],
  examples: [
    "nagi cancel-build shop-3",
    "nagi cancel-build bc/shop --state new",
    "nagi cancel-build shop-3 --restart",
  ],
  async run(context) {
    if (context.args.length === 0)
      throw new UsageError("nagi cancel-build takes builds, or bc/NAME", "Those there are: nagi get builds");
    const client = await context.client();
    const namespace = await context.namespace();
    const named = await Promise.all(context.args.map((name) => buildsNamed(client, { namespace, name })));
    const wanted = new Set(context.texts("state"));
    let refused = 0;
    for (const found of named.flat()) {
      const { name = "" } = found.metadata;
      const { phase = "New" } = found.status ?? {};
      if (isEnded(found)) {
        context.terminal.note(`Build ${name} has ended already: ${phase}`);
        refused += 1;
      } else if (wanted.size === 0 || wanted.has(phase.toLowerCase())) {
        await cancelOne(context, found);
      }
    }
    return refused === 0 ? 0 : 1;
  },
};

async function buildsNamed(client: Client, { namespace, name }: ObjectRef): Promise<Build[]> {
  const config = /^(?:bc|buildconfigs?)\/(.+)$/.exec(name)?.[1];
  if (config !== undefined) {
    const { items } = await client.list(buildKind, { namespace, labelSelector: `${configLabel}=${config}` });
    return items.filter((each) => !isEnded(each)).toSorted((a, b) => buildNumber(b) - buildNumber(a));
  }
  const build = name.replace(/^builds?\//, "");
  try {
    return [await client.get(buildKind, { namespace, name: build })];
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new UsageError(
      `there is no build ${build} in namespace ${namespace}`,
      "Those there are: nagi get builds",
    );
  }
}

async function cancelOne(context: CommandContext, found: Build): Promise<void> {
  const { terminal, signal } = context;
  const client = await context.client();
  const { name = "" } = found.metadata;
  await cancelBuild(client, found);
  const ended = await waitForEnd(client, found, signal);
  terminal.print(`Build ${name} is ${(ended?.status?.phase ?? "gone").toLowerCase()}`);
  if (!context.flag("restart")) return;
  const made = await cloneBuild(client, found, `Restart of ${name}`);
  terminal.print(`Build ${made.metadata.name} builds its source again`);
}
