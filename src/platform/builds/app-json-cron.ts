/** The cron commands of app.json, as Dokku has them, each with a name to speak of it. Pure. */

import { parseCron } from "../../lib/cron-schedule.ts";
import { processTypeMax } from "../../model/kinds/nagi/app-names.ts";
import { listAt, needed, objectAt, Problem, shown } from "./app-json-fields.ts";

const entriesMax = 50;

interface CronEntry {
  readonly schedule: string;
  readonly command: string;
}

/** By name, which is made from the command: the same for the same file. */
export function readCron(given: unknown): Record<string, CronEntry> {
  const list = listAt(given, "cron");
  if (list.length > entriesMax)
    throw new Problem(`cron has ${list.length} entries: must be at most ${entriesMax}`);
  const result: Record<string, CronEntry> = {};
  for (const [index, each] of list.entries()) {
    const path = `cron[${index}]`;
    const entry = objectAt(each, path);
    const command = needed(entry["command"], `${path}.command`);
    const schedule = needed(entry["schedule"], `${path}.schedule`);
    const parsed = parseCron(schedule);
    if ("problem" in parsed) throw new Problem(`${path}.schedule is ${shown(schedule)}: ${parsed.problem}`);
    result[freeName(slugOf(command), result)] = { schedule, command };
  }
  return result;
}

/** `php artisan schedule:run` becomes `php-artisan-schedule`; a word that is too long is cut. */
function slugOf(command: string): string {
  const text = command
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[-0-9]+/, "");
  const isLong = text.length > processTypeMax;
  const end = isLong ? text.lastIndexOf("-", processTypeMax) : text.length;
  const cut = text.slice(0, end > 0 ? end : processTypeMax).replace(/-+$/, "");
  return cut === "" ? "job" : cut;
}

function freeName(wanted: string, taken: Readonly<Record<string, unknown>>): string {
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? "" : `-${number}`;
    const name = `${wanted.slice(0, processTypeMax - suffix.length).replace(/-+$/, "")}${suffix}`;
    if (!Object.hasOwn(taken, name)) return name;
  }
}
