/** Schedules in cron's notation, in a time zone. Parsing and the calendar are croner's. */

import { Cron } from "croner";

export interface CronSchedule {
  /** The first run after the time, in milliseconds; undefined when there is none. */
  next(afterMs: number): number | undefined;
  /** The last run at or before the time; undefined when there is none. */
  latest(atMs: number): number | undefined;
}

export type CronScheduleResult = { readonly schedule: CronSchedule } | { readonly problem: string };

const everyMinute = "* * * * *";

/** What is wrong with the name of a time zone; undefined when nothing is. */
export function checkTimeZone(name: string): string | undefined {
  try {
    const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions();
    return /^[+-]/.test(timeZone) ? "unknown time zone" : undefined;
  } catch {
    return "unknown time zone";
  }
}

/** Five fields (minute hour day month weekday), or @hourly, @daily, @weekly, @monthly, @yearly. UTC when no zone is given. */
export function parseCron(text: string, timeZone = "Etc/UTC"): CronScheduleResult {
  if (/(^|\s)(CRON_)?TZ=/.test(text)) return { problem: "a time zone has a field of its own" };
  try {
    const cron = new Cron(text.trim(), { timezone: timeZone, mode: "5-part", paused: true });
    // The library finds fault with some patterns and zones only when it is asked for a run.
    cron.nextRun();
    return { schedule: scheduleOf(cron) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { problem: problemText(error.message) };
  }
}

function problemText(message: string): string {
  const [first = ""] = message.replace(/^Cron\w*: /, "").split(" Original error");
  if (/parts|format/.test(first))
    return `must have five fields (minute hour day month weekday, for instance ${everyMinute}), or be @hourly, @daily, @weekly, @monthly or @yearly`;
  return first.replace(/^./, (letter) => letter.toLowerCase());
}

function scheduleOf(cron: Cron): CronSchedule {
  return {
    next: (afterMs) => cron.nextRun(new Date(afterMs))?.getTime(),
    // Runs are at whole seconds, and the library gives those before a time.
    latest: (atMs) => cron.previousRuns(1, new Date((Math.floor(atMs / 1000) + 1) * 1000))[0]?.getTime(),
  };
}
