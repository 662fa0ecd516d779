import { parseDuration } from "../duration.ts";
import { appOption, getApp } from "../app.ts";
import { UsageError, type Command } from "../command.ts";
import { columns } from "../format.ts";
import { chosenTypes, typesOf } from "../process-types.ts";
import { changeProcesses } from "../rolled-out.ts";

const defaultSeconds = 30;
const leastSeconds = 3;

export const command: Command = {
  name: "grace",
  group: "Processes",
  summary: "Show or set how long processes may take to end before they are killed.",
  usage: "[DURATION [TYPE ...]]",
  description:
    "An instance that is stopped first gets no new requests; two seconds later its process gets SIGTERM; what still\n" +
    "runs when DURATION is over, counted from the start, gets SIGKILL. It is 30s when nothing is set. A change holds\n" +
    "for instances that are made from then on: they are made anew, one after the other.",
  options: [appOption, { name: "no-wait", type: "boolean", description: "Do not wait until all are new." }],
  examples: ["nagi grace", "nagi grace 5m worker", "nagi grace default"],
  async run(context) {
    const found = await getApp(context);
    const [text, ...words] = context.args;
    if (text === undefined) {
      const rows = typesOf(found).map((type) => {
        const seconds = found.spec?.processes?.[type]?.terminationGracePeriodSeconds;
        return [type, `${seconds ?? defaultSeconds}s${seconds === undefined ? " (default)" : ""}`];
      });
      return context.terminal.print(columns([["TYPE", "GRACE"], ...rows]));
    }
    const seconds = text === "default" ? null : parseDuration(text, "the grace") / 1000;
    if (seconds !== null && (seconds < leastSeconds || !Number.isInteger(seconds)))
      throw new UsageError(`the grace is ${text}: must be whole seconds, ${leastSeconds}s or more`);
    const types = chosenTypes(found, words);
    await changeProcesses(
      context,
      found,
      Object.fromEntries(types.map((type) => [type, { terminationGracePeriodSeconds: seconds }])),
    );
    const told = seconds === null ? `${defaultSeconds}s (default)` : `${seconds}s`;
    context.terminal.print(`${types.join(", ")} of ${found.metadata.name}: ${told} to end`);
  },
};
