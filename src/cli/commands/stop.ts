import { app as appKind } from "../../model/kinds/nagi/app/app.ts";
import { appOption, getApp } from "../app.ts";
import type { Command } from "../command.ts";
import { chosenTypes } from "../process-types.ts";
import { untilScaled } from "../scaled.ts";

export const command: Command = {
  name: "stop",
  group: "Processes",
  summary: "Stop an app's processes; how many ran is remembered.",
  usage: "[TYPE ...]",
  description:
    "Without TYPE all are stopped. Config, releases, routes and data stay, and pushes are deployed, but nothing runs\n" +
    "until nagi start.",
  options: [appOption, { name: "no-wait", type: "boolean", description: "Do not wait until they are gone." }],
  examples: ["nagi stop", "nagi stop worker"],
  async run(context) {
    const found = await getApp(context);
    const { name = "", namespace } = found.metadata;
    const types = chosenTypes(found, context.args);
    const processes = Object.fromEntries(types.map((type) => [type, { stopped: true }]));
    const client = await context.client();
    await client.patch(appKind, { namespace, name }, { type: "merge", body: { spec: { processes } } });
    const wanted = Object.fromEntries(types.map((type) => [type, 0]));
    if (!context.flag("no-wait")) await untilScaled(context, { found, wanted });
    context.terminal.print(`Stopped ${types.join(", ")} of ${name}`);
    context.terminal.note(`Start it again: nagi start ${[...context.args, "--app", name].join(" ")}`);
  },
};
