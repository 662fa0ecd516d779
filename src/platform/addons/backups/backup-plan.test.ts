import { describe, expect, it } from "vitest";
import { newObject } from "../../../model/kind.ts";
import { addon, type Addon, type BackupsKept } from "../../../model/kinds/nagi/addon/addon.ts";
import { addonBackup, type AddonBackup } from "../../../model/kinds/nagi/addonbackup/addonbackup.ts";
import { backupName, planBackups } from "./backup-plan.ts";

const at = (text: string): number => Date.parse(text);

interface Scheduled {
  readonly schedule?: string;
  readonly timeZone?: string;
  readonly keep?: BackupsKept;
  readonly backupDueAt?: string;
}

const scheduled = ({ schedule = "0 3 * * *", backupDueAt, ...more }: Scheduled = {}): Addon => ({
  ...newObject<Addon>(
    addon,
    { name: "db", uid: "this", creationTimestamp: "2026-02-01T00:00:00Z" },
    {
      spec: {
        service: "postgresql",
        plan: "small",
        backups: { schedule, since: "2026-03-01T00:00:00Z", ...more },
      },
    },
  ),
  status: backupDueAt === undefined ? {} : { backupDueAt },
});

const made = (
  startedAt: string,
  phase = "Complete",
  cause = "schedule",
  addonUid: string | undefined = "this",
): AddonBackup => ({
  ...newObject<AddonBackup>(
    addonBackup,
    { name: `db-${startedAt}`, creationTimestamp: startedAt },
    {
      spec: {
        addon: "db",
        ...(addonUid !== "" && { addonUid }),
        service: "postgresql",
        plan: "small",
        cause: cause as "schedule",
      },
    },
  ),
  status: { phase: phase as "Complete", startedAt },
});

const plan = (of: Addon, backups: AddonBackup[], now: string) => planBackups(of, backups, { nowMs: at(now) });
const goneOf = (of: Addon, backups: AddonBackup[], now = "2026-04-01T12:00:00Z") =>
  plan(of, backups, now).gone.map(({ metadata }) => metadata.name?.slice(3));

describe("when", () => {
  it("is at the schedule's next time after it was made", () => {
    expect(plan(scheduled(), [], "2026-03-01T02:59:59Z")).toMatchObject({
      dueMs: undefined,
      nextMs: at("2026-03-01T03:00:00Z"),
    });
    expect(plan(scheduled(), [], "2026-03-01T03:00:00Z").dueMs).toBe(at("2026-03-01T03:00:00Z"));
  });

  it("is made up for once after a time without Nagi", () => {
    const last = made("2026-03-01T03:00:01Z");
    expect(plan(scheduled(), [last], "2026-03-05T09:00:00Z").dueMs).toBe(at("2026-03-05T03:00:00Z"));
    const upToDate = made("2026-03-05T09:00:00Z", "Running");
    expect(plan(scheduled(), [last, upToDate], "2026-03-05T09:00:01Z").dueMs).toBeUndefined();
  });

  it("does not come again when the last one is deleted", () => {
    const of = scheduled({ backupDueAt: "2026-03-01T03:00:00Z" });
    expect(plan(of, [], "2026-03-01T04:00:00Z").dueMs).toBeUndefined();
  });

  it("is of the zone, also when its clocks change", () => {
    const berlin = scheduled({ timeZone: "Europe/Berlin" });
    expect(plan(berlin, [], "2026-03-28T02:00:00Z").dueMs).toBe(at("2026-03-28T02:00:00Z"));
    expect(plan(berlin, [], "2026-03-28T12:00:00Z").nextMs).toBe(at("2026-03-29T01:00:00Z"));
  });

  it("is never without a schedule", () => {
    const of = newObject<Addon>(addon, { name: "db" }, { spec: { service: "postgresql", plan: "small" } });
    expect(plan(of, [made("2026-03-01T03:00:00Z")], "2026-04-01T00:00:00Z")).toEqual({
      dueMs: undefined,
      nextMs: undefined,
      gone: [],
    });
  });
});

describe("what goes", () => {
  const days = Array.from({ length: 20 }, (_, day) =>
    made(`2026-03-${String(day + 1).padStart(2, "0")}T03:00:00Z`),
  );

  it("is all but the last seven when nothing is said", () => {
    expect(goneOf(scheduled(), days)).toHaveLength(13);
    expect(goneOf(scheduled(), days)).not.toContain("2026-03-14T03:00:00Z");
  });

  it("is never what was made by hand, nor what is being made", () => {
    const others = [
      made("2026-03-01T10:00:00Z", "Complete", "manual"),
      made("2026-03-02T10:00:00Z", "Running"),
    ];
    expect(goneOf(scheduled({ keep: { last: 1 } }), [...others, ...days.slice(0, 2)])).toEqual([
      "2026-03-01T03:00:00Z",
    ]);
  });

  it("is never what an earlier add-on of the name left", () => {
    const earlier = days
      .slice(0, 5)
      .map(({ status }) => made(status?.startedAt ?? "", "Complete", "schedule", "other"));
    const keep = { last: 1 };
    expect(goneOf(scheduled({ keep }), [...earlier, ...days.slice(5, 7)])).toEqual(["2026-03-06T03:00:00Z"]);
    const unnoted = ["2026-01-30", "2026-01-31", "2026-02-01", "2026-02-02"].map((day) =>
      made(`${day}T00:00:00Z`, "Complete", "schedule", ""),
    );
    expect(goneOf(scheduled({ keep }), [...unnoted, ...days.slice(6, 7)])).toEqual(["2026-02-02T00:00:00Z"]);
  });

  it("does not count what failed, of which the last five stay", () => {
    const failed = Array.from({ length: 7 }, (_, hour) => made(`2026-03-02T1${hour}:00:00Z`, "Failed"));
    expect(goneOf(scheduled({ keep: { last: 1 } }), [...days.slice(0, 1), ...failed])).toEqual([
      "2026-03-02T11:00:00Z",
      "2026-03-02T10:00:00Z",
    ]);
  });

  it("leaves the last of each day and of each week, which begins on Monday", () => {
    const hours = days.flatMap(({ status }) => {
      const day = status?.startedAt?.slice(0, 10);
      return [made(`${day}T01:00:00Z`), made(`${day}T23:30:00Z`)];
    });
    const kept = (keep: BackupsKept, timeZone?: string): string[] => {
      const gone = goneOf(scheduled({ keep, ...(timeZone === undefined ? {} : { timeZone }) }), hours);
      return hours
        .map(({ metadata }) => metadata.name?.slice(3) ?? "")
        .filter((each) => !gone.includes(each));
    };
    expect(kept({ daily: 2 })).toEqual(["2026-03-19T23:30:00Z", "2026-03-20T23:30:00Z"]);
    // 20 March 2026 is a Friday: the Sundays before are the 15th and the 8th.
    expect(kept({ weekly: 3 })).toEqual([
      "2026-03-08T23:30:00Z",
      "2026-03-15T23:30:00Z",
      "2026-03-20T23:30:00Z",
    ]);
    // In Berlin it is the next day already.
    expect(kept({ daily: 2 }, "Europe/Berlin")).toEqual(["2026-03-20T01:00:00Z", "2026-03-20T23:30:00Z"]);
    expect(kept({ last: 1, daily: 1, weekly: 1 })).toEqual(["2026-03-20T23:30:00Z"]);
  });
});

it("names a backup by its time, so that what is due is made once", () => {
  expect(backupName("shop-db", at("2026-03-01T03:00:00Z"))).toBe("shop-db-20260301-030000");
});
