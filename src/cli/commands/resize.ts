import type { ResourceRequirements } from "../../model/kinds/core/resources.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { parseSize, sizeOf, sizeText, type SizeParts } from "../../model/kinds/nagi/process-sizes.ts";
import type { JsonValue } from "../../model/schema.ts";
import { appOption, getApp } from "../app.ts";
import { UsageError, type Command, type CommandContext, type Option } from "../command.ts";
import { columns } from "../format.ts";
import { changeProcesses } from "../rolled-out.ts";
import { checkTypes, chosenTypes, typesOf } from "../process-types.ts";

const partOptions: readonly Option[] = [
  {
    name: "memory",
    type: "string",
    value: "AMOUNT",
    description: "Memory that is kept for it, and the most that it may use: 512Mi, 1Gi.",
  },
  {
    name: "memory-request",
    type: "string",
    value: "AMOUNT",
    description: "Memory that is kept for it, when that is less than the most that it may use.",
  },
  {
    name: "cpu",
    type: "string",
    value: "AMOUNT",
    description: "Processor time that is kept for it: 500m is half a processor.",
  },
  {
    name: "cpu-limit",
    type: "string",
    value: "AMOUNT",
    description: "Processor time that it may use at most.",
  },
];

export const command: Command = {
  name: "resize",
  group: "Processes",
  summary: "Show or set how much memory and processor time each instance of a process type gets.",
  usage: "[TYPE=SIZE ... | TYPE ... --memory AMOUNT --cpu AMOUNT]",
  description:
    "SIZE is MEMORY, MEMORY/CPU or /CPU (512Mi/500m), one of Heroku's names (standard-2x), or none, which takes the\n" +
    "size away. Memory is kept for the instance and is its limit; processor time is kept for it, and what is free\n" +
    "beyond that can be used. The options change only what they name. The instances are made anew, one after the\n" +
    "other, without downtime.",
  options: [
    appOption,
    ...partOptions,
    { name: "no-wait", type: "boolean", description: "Do not wait until all are new." },
  ],
  examples: ["nagi resize", "nagi resize web=512Mi/500m worker=1Gi", "nagi resize web --cpu-limit 2"],
  async run(context) {
    const found = await getApp(context);
    const parts = partsOf(context);
    if (context.args.length === 0 && parts === undefined) return show(context, found);
    const sizes = parts === undefined ? namedSizes(context.args) : changedSizes(found, context.args, parts);
    checkTypes(found, Object.keys(sizes));
    const changes = Object.fromEntries(
      Object.entries(sizes).map(([type, size]) => [type, { resources: patchOf(size) }]),
    );
    await changeProcesses(context, found, changes);
    for (const [type, size] of Object.entries(sizes))
      context.terminal.print(`Resized ${type} of ${found.metadata.name}: ${sizeText(size) || "no size"}`);
  },
};

function show({ terminal }: CommandContext, found: App): void {
  const types = typesOf(found);
  if (types.length === 0) return terminal.note(`App ${found.metadata.name} has no process types yet`);
  const rows = types.map((type) => {
    const { limits = {}, requests = {} } = found.spec?.processes?.[type]?.resources ?? {};
    const cells = [requests["memory"] ?? limits["memory"], limits["memory"]];
    cells.push(requests["cpu"] ?? limits["cpu"], limits["cpu"]);
    return [type, ...cells.map((cell) => cell ?? "-")];
  });
  terminal.print(columns([["TYPE", "MEMORY KEPT", "MEMORY LIMIT", "CPU KEPT", "CPU LIMIT"], ...rows]));
}

type Sizes = Record<string, ResourceRequirements>;

function partsOf(context: CommandContext): SizeParts | undefined {
  const parts = {
    memory: context.text("memory"),
    memoryRequest: context.text("memory-request"),
    cpu: context.text("cpu"),
    cpuLimit: context.text("cpu-limit"),
  };
  return Object.values(parts).every((part) => part === undefined) ? undefined : parts;
}

function namedSizes(words: readonly string[]): Sizes {
  return Object.fromEntries(
    words.map((word) => {
      const equals = word.indexOf("=");
      if (equals < 1)
        throw new UsageError(
          `${JSON.stringify(word)} is not of the form TYPE=SIZE`,
          "For instance: nagi resize web=512Mi/500m",
        );
      const [type, text] = [word.slice(0, equals), word.slice(equals + 1)];
      return [type, text === "none" ? {} : resourcesOf(type, parseSize(text))];
    }),
  );
}

function changedSizes(found: App, words: readonly string[], parts: SizeParts): Sizes {
  const mixed = words.find((word) => word.includes("="));
  if (mixed !== undefined)
    throw new UsageError(
      `${mixed} and options do not go together`,
      "Either nagi resize web=512Mi/500m, or nagi resize web --memory 512Mi --cpu 500m",
    );
  return Object.fromEntries(
    chosenTypes(found, words).map((type) => {
      const { limits = {}, requests = {} } = found.spec?.processes?.[type]?.resources ?? {};
      const memoryRequest =
        parts.memoryRequest ?? (parts.memory === undefined ? requests["memory"] : undefined);
      const next = {
        memory: parts.memory ?? limits["memory"],
        memoryRequest,
        cpu: parts.cpu ?? requests["cpu"],
        cpuLimit: parts.cpuLimit ?? limits["cpu"],
      };
      return [type, resourcesOf(type, sizeOf(next))];
    }),
  );
}

function resourcesOf(type: string, result: ReturnType<typeof sizeOf>): ResourceRequirements {
  if ("resources" in result) return result.resources;
  throw new UsageError(`${type}: ${result.problem}`);
}

/** Of the whole, so that nothing of the size before stays. */
function patchOf({ limits, requests }: ResourceRequirements): JsonValue {
  if (limits === undefined && requests === undefined) return null;
  const all = (amounts: Readonly<Record<string, string>> = {}): JsonValue => ({
    memory: amounts["memory"] ?? null,
    cpu: amounts["cpu"] ?? null,
  });
  return { limits: all(limits), requests: all(requests) };
}
