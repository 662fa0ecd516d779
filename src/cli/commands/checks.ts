import type { Probe } from "../../model/kinds/core/pod/probe.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import type { AppChecks } from "../../model/kinds/nagi/app/app-checks.ts";
import { release } from "../../model/kinds/nagi/release/release.ts";
import { isNotFound } from "../../model/status.ts";
import { appOption, getApp } from "../app.ts";
import { changedProbe, checkTypesOf, type CheckType } from "../checks/changed-check.ts";
import { askedText } from "../checks/check-text.ts";
import { UsageError, type Command, type CommandContext, type Option } from "../command.ts";
import { columns } from "../format.ts";
import { checkTypes, typesOf } from "../process-types.ts";
import { changeProcesses } from "../rolled-out.ts";

const settingOptions: readonly Option[] = [
  {
    name: "http",
    type: "string",
    value: "PATH",
    description: "GET this path: a status from 200 to 399 is good.",
  },
  { name: "tcp", type: "boolean", description: "Open a connection to the port." },
  {
    name: "command",
    type: "string",
    value: "COMMAND",
    description: "Run this in the container: exit code 0 is good.",
  },
  { name: "grpc", type: "boolean", description: "Ask the gRPC health service: SERVING is good." },
  {
    name: "service",
    type: "string",
    value: "NAME",
    description: "Of the gRPC server: the service asked about.",
  },
  { name: "port", type: "number", value: "PORT", description: "The port (default: the one in PORT)." },
  {
    name: "type",
    type: "string",
    value: "TYPE",
    choices: checkTypesOf,
    description:
      "Which check: readiness decides about requests, liveness about restarts, startup holds the others back.",
    default: "readiness",
  },
  { name: "interval", type: "string", value: "DURATION", description: "How often it is asked: 5s." },
  { name: "timeout", type: "string", value: "DURATION", description: "How long an answer may take: 1s." },
  { name: "failures", type: "number", value: "COUNT", description: "So many in a row count: 3." },
  { name: "delay", type: "string", value: "DURATION", description: "Wait so long after the start." },
];

export const command: Command = {
  name: "checks",
  group: "Processes",
  summary: "Show or set how it is found out whether an instance is well.",
  usage: "[set PROCESS (--http PATH | --tcp | --command COMMAND | --grpc) | unset PROCESS]",
  description:
    "Without a check of its own, web is ready as soon as its port takes connections, and any process is well as long as\n" +
    "it runs. What is set here wins over healthchecks of app.json; unset takes it back. Instances are made anew with a\n" +
    "changed check, one after the other: if they do not get ready, the old ones go on.",
  subcommands: ["set", "unset"],
  options: [
    appOption,
    ...settingOptions,
    { name: "no-wait", type: "boolean", description: "Do not wait until all are new." },
  ],
  examples: [
    "nagi checks",
    "nagi checks set web --http /healthz --interval 5s --failures 3",
    "nagi checks set worker --type liveness --command bin/alive",
    "nagi checks set web --grpc --service shop.Cart",
    "nagi checks unset web",
  ],
  async run(context) {
    const [action, process, ...more] = context.args;
    const found = await getApp(context);
    if (action === undefined) return await show(context, found);
    if (action !== "set" && action !== "unset")
      throw new UsageError(`nagi checks has no action ${JSON.stringify(action)}`, "The actions: set, unset");
    if (process === undefined || more.length > 0)
      throw new UsageError(
        `nagi checks ${action} needs one process type`,
        `It has: ${typesOf(found).join(", ")}`,
      );
    checkTypes(found, [process]);
    const type = context.text("type") as CheckType;
    const present = effectiveChecks(found, await releaseChecks(context, found), process)[type];
    const next =
      action === "unset" ? null : changedProbe({ context, found, process, present: present?.probe, type });
    await changeProcesses(context, found, { [process]: { checks: { [type]: next?.patch ?? null } } });
    const { name } = found.metadata;
    if (next === null)
      context.terminal.print(`${process} of ${name}: its ${type} check is the usual one again`);
    else context.terminal.print(`${process} of ${name}: ${type} is ${askedText(next.probe)}`);
  },
};

interface Check {
  readonly probe: Probe;
  readonly from: string;
}

/** Of the release that runs, by process type. */
async function releaseChecks(
  context: CommandContext,
  { metadata: { namespace }, status }: App,
): Promise<Readonly<Record<string, AppChecks>>> {
  if (status?.currentRelease === undefined) return {};
  const client = await context.client();
  try {
    const { spec } = await client.get(release, { namespace, name: status.currentRelease });
    const entries = Object.entries(spec.processes);
    return Object.fromEntries(entries.map(([type, { checks = {} }]) => [type, checks]));
  } catch (error) {
    if (isNotFound(error)) return {};
    throw error;
  }
}

const usual: Probe = { tcpSocket: { port: "http" }, periodSeconds: 1, failureThreshold: 3 };

function effectiveChecks(
  found: App,
  released: Readonly<Record<string, AppChecks>>,
  process: string,
): Partial<Record<CheckType, Check>> {
  const sources: readonly { readonly checks: AppChecks; readonly from: string }[] = [
    { checks: process === "web" ? { readiness: usual } : {}, from: "usual" },
    { checks: released[process] ?? {}, from: "app.json" },
    { checks: found.spec?.processes?.[process]?.checks ?? {}, from: "set" },
  ];
  const result: Partial<Record<CheckType, Check>> = {};
  for (const { checks, from } of sources)
    for (const type of checkTypesOf) {
      const probe = checks[type];
      if (probe !== undefined) result[type] = { probe, from };
    }
  return result;
}

async function show(context: CommandContext, found: App): Promise<void> {
  const released = await releaseChecks(context, found);
  const rows = typesOf(found).flatMap((process) => {
    const checks = Object.entries(effectiveChecks(found, released, process));
    if (checks.length === 0) return [[process, "-", "that it runs", "-", "-", "-", "usual"]];
    return checks.map(([type, { probe, from }]) => {
      const { periodSeconds = 10, timeoutSeconds = 1, failureThreshold = 3 } = probe;
      return [
        process,
        type,
        askedText(probe),
        `${periodSeconds}s`,
        `${timeoutSeconds}s`,
        `${failureThreshold}`,
        from,
      ];
    });
  });
  context.terminal.print(
    columns([["PROCESS", "CHECK", "ASKS", "EVERY", "TIMEOUT", "FAILURES", "FROM"], ...rows]),
  );
}
