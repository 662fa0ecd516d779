import { expect, test } from "vitest";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { release, type Release } from "../../model/kinds/nagi/release/release.ts";
import { newObject } from "../../model/kind.ts";
import { appCronJob, wantedCron } from "./cron-jobs.ts";

const live = newObject<Release>(
  release,
  { name: "shop-v3", uid: "r" },
  {
    spec: {
      app: "shop",
      version: 3,
      image: "r/shop:1",
      processes: { web: {} },
      configSecret: "shop-v3",
      cron: { report: { schedule: "@daily", command: "bin/report" } },
    },
  },
);

function anApp(cron: NonNullable<App["spec"]>["cron"] = {}, name = "shop"): App {
  return newObject<App>(appKind, { name, uid: "u" }, { spec: { cron } });
}

test("the app's own word goes over that of app.json", () => {
  const wanted = wantedCron(
    anApp({
      report: { schedule: "@weekly", suspend: true },
      mine: { schedule: "@hourly", command: "bin/mine" },
      left: { suspend: true },
    }),
    live,
  );
  expect(Object.fromEntries(wanted)).toEqual({
    report: { schedule: "@weekly", command: "bin/report", suspend: true },
    mine: { schedule: "@hourly", command: "bin/mine" },
  });
  expect(wantedCron(anApp(), undefined).size).toBe(0);
});

test("a cron job runs the live release's image and config, and does not overlap itself", () => {
  const app = anApp();
  const entry = { schedule: "@daily", command: "bin/report", timeZone: "Asia/Tokyo", timeLimitSeconds: 60 };
  const made = appCronJob(app, live, { name: "report", entry });
  expect(made.metadata).toMatchObject({ name: "shop-report", labels: { "nagi.dev/cron": "report" } });
  expect(made.spec).toMatchObject({
    schedule: "@daily",
    timeZone: "Asia/Tokyo",
    concurrencyPolicy: "Forbid",
  });
  const job = made.spec.jobTemplate.spec;
  expect(job).toMatchObject({ backoffLimit: 0, activeDeadlineSeconds: 60 });
  expect(job?.template.spec?.containers).toMatchObject([
    {
      name: "cron",
      image: "r/shop:1",
      command: ["/bin/sh", "-c", "exec bin/report"],
      envFrom: [{ secretRef: { name: "shop-v3" } }],
    },
  ]);
  expect(appCronJob(app, live, { name: "report", entry, present: made })).toBe(made);
  const changed = appCronJob(app, live, {
    name: "report",
    entry: { ...entry, suspend: true },
    present: made,
  });
  expect(changed.spec.suspend).toBe(true);
});

test("long names are cut, and stay different", () => {
  const app = anApp({}, "a".repeat(40));
  const entry = { schedule: "@daily", command: "x" };
  const names = ["a".repeat(19), "a".repeat(20)].map(
    (name) => appCronJob(app, live, { name, entry }).metadata.name,
  );
  expect(names.map((name) => name?.length)).toEqual([52, 52]);
  expect(new Set(names).size).toBe(2);
});
