import { appLabel, cronLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { checkTimeZone, parseCron } from "../../lib/cron-schedule.ts";
import { cronJob } from "../../model/kinds/batch/cronjob/cronjob.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { checkCronName, type AppCron } from "../../model/kinds/nagi/app/app-cron.ts";
import type { JsonValue } from "../../model/schema.ts";
import { ageText } from "../../model/table.ts";
import { appOption, getApp } from "../app.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { cronJobOf, cronJobsOf, showHistory, showLog, startRun } from "../cron-runs.ts";
import { shellWord } from "../config/dotenv.ts";
import { parseDuration } from "../duration.ts";
import { currentRelease } from "../run/current-release.ts";
import { columns } from "../format.ts";

const actions = ["list", "add", "remove", "suspend", "resume", "run", "history", "logs"] as const;

export const command: Command = {
  name: "cron",
  group: "Processes",
  summary:
    "List, add or remove commands that run at the times of a schedule; run one now; see what became of them.",
  usage: "[add NAME SCHEDULE COMMAND | remove | suspend | resume | run | history | logs NAME]",
  description:
    "SCHEDULE is cron's: minute hour day month weekday, or @hourly, @daily, @weekly, @monthly, @yearly; in UTC unless\n" +
    "--time-zone says another. COMMAND in one word is a line for the shell, in several a program and its arguments. A run\n" +
    "gets the image and config vars of the live release. Unless --overlap says so, it waits for the one before to end.\n" +
    "Entries of cron in app.json are there too; remove takes back only what was changed of them.",
  subcommands: actions,
  options: [
    appOption,
    {
      name: "time-zone",
      type: "string",
      value: "ZONE",
      description: "Of the schedule: Europe/Berlin (default: UTC).",
    },
    {
      name: "overlap",
      type: "string",
      value: "HOW",
      choices: ["no", "yes", "replace"],
      description: "Whether a run starts while the one before goes on: no (default), yes, or in its place.",
    },
    {
      name: "time-limit",
      type: "string",
      value: "DURATION",
      description: "End a run that takes longer: 30m.",
    },
    {
      name: "deadline",
      type: "string",
      value: "DURATION",
      description: "Leave out a run that would start later than this after its time.",
    },
    { name: "detach", short: "d", type: "boolean", description: "Of run: return at once." },
    { name: "run", type: "string", value: "JOB", description: "Of logs: which run, as history names it." },
  ],
  examples: [
    "nagi cron",
    'nagi cron add report "0 3 * * *" bin/report --time-zone Europe/Berlin',
    "nagi cron run report",
    "nagi cron history report",
  ],
  async run(context) {
    const [action = "list", name, ...rest] = context.args;
    const found = await getApp(context);
    if (action === "list") return await list(context, found);
    if (!(actions as readonly string[]).includes(action))
      throw new UsageError(
        `nagi cron has no action ${JSON.stringify(action)}`,
        `The actions: ${actions.join(", ")}`,
      );
    if (name === undefined) throw new UsageError(`nagi cron ${action} needs a name`, "See: nagi cron");
    if (action === "add") return await add(context, found, [name, ...rest]);
    if (rest.length > 0)
      throw new UsageError(`nagi cron ${action} takes one name; ${JSON.stringify(rest[0])} is too much`);
    if (action === "remove") return await remove(context, found, name);
    const job = await cronJobOf(context, found, name);
    if (action === "run") return await startRun(context, job);
    if (action === "history") return await showHistory(context, job);
    if (action === "logs") return await showLog(context, job);
    await change(context, found, { [name]: { suspend: action === "suspend" ? true : null } });
    context.terminal.print(
      action === "suspend"
        ? `Suspended ${name}: no runs start until nagi cron resume ${name}`
        : `Resumed ${name} (${job.spec.schedule})`,
    );
  },
};

async function change(
  context: CommandContext,
  { metadata: { namespace, name = "" } }: App,
  cron: Readonly<Record<string, JsonValue>>,
): Promise<void> {
  const client = await context.client();
  await client.patch(appKind, { namespace, name }, { type: "merge", body: { spec: { cron } } });
}

async function list(context: CommandContext, found: App): Promise<void> {
  const jobs = await cronJobsOf(context, found);
  const { terminal } = context;
  const live = new Set(jobs.map(({ metadata }) => metadata.labels?.[cronLabel]));
  const waiting = Object.entries(found.spec?.cron ?? {}).filter(
    ([name, { schedule, command: what }]) => !live.has(name) && schedule !== undefined && what !== undefined,
  );
  if (jobs.length === 0 && waiting.length === 0)
    return terminal.note(
      `App ${found.metadata.name} has no cron jobs. Add one: nagi cron add NAME "0 3 * * *" COMMAND`,
    );
  const nowMs = Date.now();
  const rows = jobs.map(({ metadata, spec, status = {} }) => {
    const name = metadata.labels?.[cronLabel] ?? metadata.name ?? "";
    const parsed = parseCron(spec.schedule, spec.timeZone);
    const nextMs = "schedule" in parsed ? parsed.schedule.next(nowMs) : undefined;
    const next = nextMs === undefined ? "never" : new Date(nextMs).toISOString().replace(".000", "");
    const words = spec.jobTemplate.spec?.template.spec?.containers[0]?.command?.at(-1) ?? "";
    return [
      name,
      spec.schedule,
      spec.timeZone ?? "UTC",
      spec.suspend === true ? "suspended" : next,
      status.lastScheduleTime === undefined ? "never" : `${ageText(status.lastScheduleTime, nowMs)} ago`,
      String(status.active?.length ?? 0),
      words.replace(/^exec /, ""),
    ];
  });
  for (const [name, { schedule = "", timeZone = "UTC", command: what = "" }] of waiting)
    rows.push([name, schedule, timeZone, "after the first release", "never", "0", what]);
  terminal.print(columns([["NAME", "SCHEDULE", "TIME ZONE", "NEXT", "LAST", "RUNNING", "COMMAND"], ...rows]));
}

async function add(context: CommandContext, found: App, words: readonly string[]): Promise<void> {
  const [name = "", schedule, ...commandWords] = words;
  if (schedule === undefined || commandWords.length === 0)
    throw new UsageError(
      "nagi cron add needs a name, a schedule and a command",
      'For instance: nagi cron add report "0 3 * * *" bin/report',
    );
  const problem = checkCronName(name);
  if (problem !== undefined) throw new UsageError(`the name ${JSON.stringify(name)} ${problem}`);
  const timeZone = context.text("time-zone");
  const zone = timeZone === undefined ? undefined : checkTimeZone(timeZone);
  if (zone !== undefined)
    throw new UsageError(
      `--time-zone is ${JSON.stringify(timeZone)}: ${zone}`,
      "For instance: Europe/Berlin",
    );
  const parsed = parseCron(schedule, timeZone);
  if ("problem" in parsed)
    throw new UsageError(
      `the schedule is ${JSON.stringify(schedule)}: ${parsed.problem}`,
      "Quote it, so that the shell leaves it whole",
    );
  const nextMs = parsed.schedule.next(Date.now());
  if (nextMs === undefined)
    throw new UsageError(`the schedule is ${JSON.stringify(schedule)}: it never comes`);
  const overlap = { no: "Forbid", yes: "Allow", replace: "Replace" }[context.text("overlap") ?? "no"];
  // One word is text for the shell; several are what a program is to get.
  const [only = "", ...more] = commandWords;
  const commandLine = more.length === 0 ? only : commandWords.map(shellWord).join(" ");
  const entry: Record<keyof AppCron, JsonValue> = {
    schedule,
    command: commandLine,
    timeZone: timeZone ?? null,
    concurrencyPolicy: overlap ?? null,
    suspend: null,
    timeLimitSeconds: seconds(context, "time-limit"),
    startingDeadlineSeconds: seconds(context, "deadline"),
  };
  const isNew = found.spec?.cron?.[name]?.schedule === undefined;
  await change(context, found, { [name]: entry });
  const when = new Date(nextMs).toISOString().replace(".000", "");
  context.terminal.print(`${isNew ? "Added" : "Changed"} ${name}: ${commandLine}`);
  context.terminal.print(
    found.status?.currentRelease === undefined
      ? "It starts with the first release: git push nagi main"
      : `It runs next at ${when}. To try it now: nagi cron run ${name}`,
  );
}

function seconds(context: CommandContext, name: string): number | null {
  const text = context.text(name);
  if (text === undefined) return null;
  const count = Math.ceil(parseDuration(text, `--${name}`) / 1000);
  if (count > 0) return count;
  throw new UsageError(`--${name} is ${text}: must be more than 0`);
}

async function remove(context: CommandContext, found: App, name: string): Promise<void> {
  const own = found.spec?.cron?.[name];
  const client = await context.client();
  const { items } = await client.list(cronJob, {
    namespace: found.metadata.namespace,
    labelSelector: `${appLabel}=${found.metadata.name},nagi.dev/cron=${name}`,
  });
  if (own === undefined && items.length === 0)
    throw new UsageError(`there is no cron job ${name}`, "See: nagi cron");
  const released = (await currentRelease(client, found))?.spec.cron?.[name];
  const { suspend, ...changes } = own ?? {};
  if (own === undefined || (released !== undefined && Object.keys(changes).length === 0))
    throw new UsageError(
      `${name} comes from app.json: take it out there and push`,
      suspend === true
        ? `Until then it is suspended. To let it run again: nagi cron resume ${name}`
        : `Until then: nagi cron suspend ${name}`,
    );
  await change(context, found, { [name]: null });
  if (released === undefined) return context.terminal.print(`Removed ${name}`);
  const { schedule, command: what } = released;
  context.terminal.print(
    `Took back the changes of ${name}. It comes from app.json and runs at ${schedule} (UTC): ${what}`,
  );
  return undefined;
}
