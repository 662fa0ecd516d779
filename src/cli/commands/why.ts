import { pod } from "../../model/kinds/core/pod/pod.ts";
import { schedulingDecision } from "../../model/kinds/nagi/schedulingdecision/schedulingdecision.ts";
import { renderDecision } from "../../model/explain-text.ts";
import { isNotFound } from "../../model/status.ts";
import { UsageError, type Command } from "../command.ts";
import { outputOption } from "../manifests.ts";
import { objectText } from "../output.ts";

export const command: Command = {
  name: "why",
  group: "Objects",
  summary: "Say why a pod is where it is, or why it waits: every node, every rule, every score.",
  usage: "POD",
  options: [outputOption(["yaml", "json"])],
  examples: ["nagi why hello-2", "nagi why hello-2 -o json"],
  async run(context) {
    const name = context.args[0]?.replace(/^pods?\//, "");
    if (name === undefined)
      throw new UsageError("nagi why needs the name of a pod", "The pods there are: nagi get pods");
    const client = await context.client();
    const namespace = await context.namespace();
    const found = await client.get(pod, { namespace, name });
    try {
      const decision = await client.get(schedulingDecision, { namespace, name });
      const output = context.text("output");
      if (output !== undefined) return context.terminal.write(objectText(decision, output));
      return context.terminal.print(renderDecision(decision));
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const { nodeName, schedulerName } = found.spec ?? {};
      const place =
        nodeName === undefined ? "It has no node yet" : `It is on ${nodeName}, set by whoever created it`;
      throw new UsageError(
        `no scheduling decision of pod ${name} is kept. ${place}; its scheduler is ${schedulerName}.`,
      );
    }
  },
};
