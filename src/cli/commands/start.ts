import { app as appKind } from "../../model/kinds/nagi/app/app.ts";
import { appOption, getApp } from "../app.ts";
import { autoscalersOf } from "../autoscale/app-autoscalers.ts";
import type { Command } from "../command.ts";
import { chosenTypes } from "../process-types.ts";
import { startedReplicasOf } from "../../model/kinds/nagi/app/process-replicas.ts";
import { untilScaled } from "../scaled.ts";

export const command: Command = {
  name: "start",
  group: "Processes",
  summary: "Start processes that were stopped, as many as ran before.",
  usage: "[TYPE ...]",
  options: [
    appOption,
    { name: "no-wait", type: "boolean", description: "Do not wait until they are ready." },
  ],
  examples: ["nagi start", "nagi start worker"],
  async run(context) {
    const found = await getApp(context);
    const { name = "", namespace } = found.metadata;
    const types = chosenTypes(found, context.args);
    const stopped = types.filter((type) => found.spec?.processes?.[type]?.stopped === true);
    if (stopped.length === 0) {
      context.terminal.print(
        `${types.join(", ")} of ${name} ${types.length === 1 ? "is" : "are"} not stopped`,
      );
      return;
    }
    const processes = Object.fromEntries(stopped.map((type) => [type, { stopped: null }]));
    const client = await context.client();
    await client.patch(appKind, { namespace, name }, { type: "merge", body: { spec: { processes } } });
    const autoscalers = await autoscalersOf(context, found);
    const own = stopped.filter((type) => !autoscalers.has(type));
    const wanted = Object.fromEntries(own.map((type) => [type, startedReplicasOf(found, type)]));
    if (!context.flag("no-wait")) await untilScaled(context, { found, wanted });
    const text = stopped.map((type) => `${type}=${wanted[type] ?? "autoscaled"}`);
    context.terminal.print(`Started ${name}: ${text.join(" ")}`);
  },
};
