import { appLabel, processLabel, webProcess } from "../../model/kinds/nagi/app/app-names.ts";
import type { Client } from "../../client/client.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import {
  atDistinctPaths,
  sharedVolumes,
  volumeParts,
  type AppVolume,
} from "../../model/kinds/nagi/app/app-volumes.ts";
import { replicasOf } from "../../model/kinds/nagi/app/process-replicas.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { placementSpec } from "../../model/kinds/nagi/app/placement-spec.ts";
import { releaseContainer } from "../../model/kinds/nagi/release/release-container.ts";
import { newObject } from "../../model/kind.ts";
import type { ObjectRef } from "../../model/meta.ts";
import { isStatus } from "../../model/status.ts";
import { appOption, getApp } from "../app.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { writeStream } from "../output.ts";
import { currentRelease } from "../run/current-release.ts";
import { runOnTerminal } from "../session.ts";
import { pause, pollMs } from "../wait.ts";

/** As a shell has it. */
const commandNotFoundExitCode = 127;
/** As timeout(1) has it. */
const timedOutExitCode = 124;
/** A command's end is told this soon after it. */
const endToldMs = 5000;
/** What the command is told that it is. */
const runProcess = "run";
const startMaxMs = 5 * 60_000;
/** Of a container that waits: the next try may go otherwise, but who sits before it need not wait for it. */
const hopelessReasons: ReadonlySet<string> = new Set([
  "CreateContainerConfigError",
  "CreateContainerError",
  "ErrImageNeverPull",
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
]);

export const command: Command = {
  name: "run",
  group: "Processes",
  summary: "Run a one-off command in a container of the app's current release.",
  usage: "[--app NAME] [--detach] COMMAND [ARGUMENT ...]",
  description:
    "The command gets the app's image and config vars, and on a terminal one of its own. Its output is shown and its exit code is Nagi's. It is\n" +
    "deleted when it ends, unless it runs detached: then see it with nagi logs POD. It sees the app's volumes that are shared, and\n" +
    "the others while no instance has them (nagi stop).",
  passThrough: true,
  options: [
    appOption,
    { name: "no-tty", short: "T", type: "boolean", description: "No terminal, also where there is one." },
    {
      name: "time-limit",
      type: "string",
      value: "DURATION",
      description: "Stop the command when it takes longer: 30s, 5m, 2h. Its exit code is 124 then.",
    },
    { name: "detach", short: "d", type: "boolean", description: "Return at once and print the pod's name." },
  ],
  examples: [
    "nagi run node --version",
    "nagi run --detach --time-limit 5m bin/report",
    "nagi run --app shop -- npm run migrate",
  ],
  async run(context) {
    if (context.args.length === 0)
      throw new UsageError("nagi run needs a command", "For instance: nagi run node --version");
    const found = await getApp(context);
    const { name = "", namespace } = found.metadata;
    const client = await context.client();
    const current = await currentRelease(client, found);
    if (current === undefined)
      throw new UsageError(`app ${name} has no release to run in`, "Deploy it first: git push nagi main");
    const { launcher = [] } = current.spec;
    const [program = "", ...rest] = [...launcher, ...context.args];
    const labels = { [appLabel]: name, [processLabel]: runProcess };
    const metadata = { generateName: `${name}-run-`, namespace, labels };
    const interactive = context.terminal.isInteractive && !context.flag("no-tty") && !context.flag("detach");
    const joined = interactive ? { stdin: true, tty: true } : {};
    const limit = context.text("time-limit");
    const seen = await volumesFor(context, client, found);
    const { volumes, volumeMounts } = volumeParts(seen);
    const spec = {
      ...volumes,
      // Where the app may run, and what it goes before.
      ...placementSpec(found.spec?.placement),
      restartPolicy: "Never" as const,
      ...(limit === undefined ? {} : { activeDeadlineSeconds: limitSeconds(limit) }),
      terminationGracePeriodSeconds: 10,
      containers: [
        {
          ...releaseContainer(current, runProcess),
          resources: found.spec?.processes?.[webProcess]?.resources,
          command: [program, ...rest],
          ...volumeMounts,
          ...joined,
        },
      ],
    };
    const created = await client.create(pod, newObject<Pod>(pod, metadata, { spec }));
    const ref = { namespace, name: created.metadata.name ?? "" };
    if (context.flag("detach")) {
      context.terminal.print(ref.name);
      return 0;
    }
    try {
      return await attend(context, client, { ref, interactive });
    } finally {
      await client.delete(pod, ref, { gracePeriodSeconds: context.signal.aborted ? 1 : undefined });
    }
  },
};

/** Those that several may have, and of the others those that nobody has: for repairs while the app is stopped. */
async function volumesFor(
  context: CommandContext,
  client: Client,
  found: App,
): Promise<readonly AppVolume[]> {
  const { metadata } = found;
  const all = found.spec?.volumes ?? [];
  if (all.every(({ shared }) => shared === true)) return sharedVolumes(all);
  const { items } = await client.list(pod, { namespace: metadata.namespace });
  const holderOf = (claim: string): string | undefined =>
    items.find(
      ({ metadata: { deletionTimestamp, labels }, spec: { volumes = [] }, status }) =>
        status?.phase !== "Succeeded" &&
        status?.phase !== "Failed" &&
        // One that ends for good is waited for by the scheduler.
        (deletionTimestamp === undefined || isWanted(found, labels?.[processLabel] ?? "")) &&
        volumes.some(({ persistentVolumeClaim: named }) => named?.claimName === claim),
    )?.metadata.name;
  const free: AppVolume[] = [];
  for (const each of all) {
    const holder = each.shared === true ? undefined : holderOf(each.claim);
    if (holder === undefined) free.push(each);
    else
      context.terminal.note(
        `The command does not see volume ${each.claim}: ${holder} has it, and one instance at a time may. ` +
          `In that: nagi exec --pod ${holder} COMMAND. Alone: nagi stop --app ${metadata.name}, then again`,
      );
  }
  return atDistinctPaths(free);
}

/** Neither stopped nor asleep. */
function isWanted(found: App, process: string): boolean {
  return replicasOf(found, process) > 0 && found.status?.processes?.[process]?.desired !== 0;
}

function limitSeconds(text: string): number {
  const seconds = Math.ceil(parseDuration(text, "--time-limit") / 1000);
  if (seconds > 0) return seconds;
  throw new UsageError(`--time-limit is ${text}: must be more than 0`);
}

interface Attended {
  readonly ref: ObjectRef;
  readonly interactive: boolean;
}

async function attend(
  context: CommandContext,
  client: Client,
  { ref, interactive }: Attended,
): Promise<number> {
  await untilStarted(context, client, ref);
  const { status: first } = await client.get(pod, ref);
  if (isTimedOut(first)) return tellTimedOut(context);
  const unstarted = first?.containerStatuses?.[0]?.state?.terminated;
  if (unstarted?.reason === "StartError") {
    context.terminal.note(`error: the app's image cannot run ${context.args[0]}: ${unstarted.message}`);
    return commandNotFoundExitCode;
  }
  if (!interactive || !(await joined(context, client, ref)))
    await writeStream(context.terminal, client.log(pod, ref, { follow: true, signal: context.signal }));
  for (;;) {
    const { status } = await client.get(pod, ref);
    const ended = status?.containerStatuses?.[0]?.state?.terminated;
    if (status?.reason === "DeadlineExceeded") {
      context.terminal.note(
        `The command was stopped: its time limit of ${context.text("time-limit")} was over`,
      );
      return timedOutExitCode;
    }
    if (ended !== undefined) {
      if (ended.reason === "OOMKilled")
        context.terminal.note("The command was killed: out of memory (OOMKilled)");
      return ended.exitCode;
    }
    await pause(pollMs, context.signal);
  }
}

function isTimedOut(status: Pod["status"]): boolean {
  return status?.reason === "DeadlineExceeded";
}

function tellTimedOut(context: CommandContext): number {
  context.terminal.note(`The command was stopped: its time limit of ${context.text("time-limit")} was over`);
  return timedOutExitCode;
}

/** Whether it could be joined: a command that is over already has its output in the log. */
async function joined(context: CommandContext, client: Client, ref: ObjectRef): Promise<boolean> {
  const { status } = await client.get(pod, ref);
  if (status?.phase !== "Running") return false;
  let seen = false;
  const onOutput = (): void => void (seen = true);
  try {
    await runOnTerminal(context, ref, { subresource: "attach", replay: true, onOutput });
  } catch (error) {
    // It ended between the two questions, or a moment ago and it is not told yet.
    if (!isStatus(error, "BadRequest") && !(await endsSoon(context, client, ref))) throw error;
  }
  return seen;
}

async function endsSoon(context: CommandContext, client: Client, ref: ObjectRef): Promise<boolean> {
  for (const startMs = Date.now(); Date.now() - startMs < endToldMs; await pause(pollMs, context.signal)) {
    const { status } = await client.get(pod, ref);
    if (status?.containerStatuses?.[0]?.state?.terminated !== undefined) return true;
  }
  return false;
}

async function untilStarted(context: CommandContext, client: Client, ref: ObjectRef): Promise<void> {
  const startMs = Date.now();
  for (;;) {
    const { status = {} } = await client.get(pod, ref);
    if (status.phase !== "Pending") break;
    const why = reasonToWait(status);
    const reason = status.containerStatuses?.[0]?.state?.waiting?.reason ?? "";
    if (hopelessReasons.has(reason)) throw new Error(`the command cannot start: ${why} (${reason})`);
    context.terminal.progress(`Starting ${ref.name}${why === undefined ? "" : `: ${why}`}`);
    if (Date.now() - startMs > startMaxMs)
      throw new Error(`${ref.name} does not start: ${why ?? "no reason given"}`);
    await pause(pollMs, context.signal);
  }
  context.terminal.progressDone();
}

function reasonToWait({ containerStatuses, conditions }: NonNullable<Pod["status"]>): string | undefined {
  const waiting = containerStatuses?.[0]?.state?.waiting;
  const unscheduled = conditions?.find(({ type, status }) => type === "PodScheduled" && status === "False");
  return waiting?.message ?? waiting?.reason ?? unscheduled?.message;
}
