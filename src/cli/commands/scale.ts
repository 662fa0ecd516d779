import { app } from "../../model/kinds/nagi/app/app.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { appOption, getApp } from "../app.ts";
import { refuseAutoscaled } from "../autoscale/app-autoscalers.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { checkTypes } from "../process-types.ts";
import { untilScaled } from "../scaled.ts";

const replicasMax = 1000;

export const command: Command = {
  name: "scale",
  group: "Processes",
  summary: "Set how many of each process type run.",
  usage: "TYPE=COUNT ... | RESOURCE NAME --replicas COUNT",
  options: [
    appOption,
    {
      name: "replicas",
      type: "number",
      value: "COUNT",
      description: "For an object with a scale: deployment, replicaset.",
    },
    { name: "no-wait", type: "boolean", description: "Do not wait until they are ready." },
  ],
  examples: ["nagi scale web=3 worker=2", "nagi scale web+1", "nagi scale deployment web --replicas 3"],
  async run(context) {
    if (context.number("replicas") !== undefined) return await scaleObject(context);
    const found = await getApp(context);
    const { name = "", namespace } = found.metadata;
    if (context.args.length === 0)
      throw new UsageError("nagi scale needs TYPE=COUNT", "For instance: nagi scale web=3. See: nagi ps");
    const wanted = Object.fromEntries(context.args.map((word) => parseScale(word, found)));
    await refuseAutoscaled(context, found, Object.keys(wanted));
    const processes = Object.fromEntries(
      Object.entries(wanted).map(([type, replicas]) => [type, { replicas, stopped: null }]),
    );
    const client = await context.client();
    await client.patch(app, { namespace, name }, { type: "merge", body: { spec: { processes } } });
    const text = Object.entries(wanted)
      .map(([type, count]) => `${type}=${count}`)
      .join(" ");
    if (!context.flag("no-wait")) await untilScaled(context, { found, wanted });
    context.terminal.print(`Scaled ${name}: ${text}`);
    return 0;
  },
};

function parseScale(word: string, found: App): [string, number] {
  const match = /^([a-z0-9]([-a-z0-9]*[a-z0-9])?)([=+-])(\d+)$/i.exec(word);
  if (match === null)
    throw new UsageError(`${JSON.stringify(word)} is not of the form TYPE=COUNT, TYPE+COUNT or TYPE-COUNT`);
  const [, type = "", , sign, digits] = match;
  checkTypes(found, [type]);
  const present = found.status?.processes?.[type]?.desired ?? found.spec?.processes?.[type]?.replicas ?? 0;
  const count = sign === "=" ? Number(digits) : present + Number(`${sign}${digits}`);
  if (count < 0 || count > replicasMax)
    throw new UsageError(`${type} would be ${count}: must be from 0 to ${replicasMax}`);
  return [type, count];
}

async function scaleObject(context: CommandContext): Promise<number> {
  const { resolveNamed } = await import("../resources.ts");
  const client = await context.client();
  const replicas = context.number("replicas") ?? 0;
  if (!Number.isInteger(replicas) || replicas < 0)
    throw new UsageError(`--replicas is ${replicas}: must be a whole number from 0`);
  for (const { kind, ref } of await resolveNamed(context, client)) {
    await client.patch(kind, ref, { type: "merge", body: { spec: { replicas } } }, { subresource: "scale" });
    context.terminal.print(`${kind.singular}/${ref.name} scaled`);
  }
  return 0;
}
