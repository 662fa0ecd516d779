import { expect, test } from "vitest";
import { readManifest } from "./app-json.ts";

const read = (cron: unknown) => readManifest(JSON.stringify({ cron }));

test("cron commands have names made from what they run", () => {
  const result = read([
    { command: "php artisan schedule:run --verbose", schedule: "* * * * *" },
    { command: "bin/report", schedule: "@daily" },
    { command: "bin/report", schedule: "0 12 * * mon" },
    { command: "/7/x", schedule: "@hourly" },
    { command: "averyveryverylongcommandname", schedule: "@hourly" },
  ]);
  expect(result).toMatchObject({ ok: true, notices: [] });
  expect(result.ok && result.manifest.cron).toEqual({
    "php-artisan-schedule": { command: "php artisan schedule:run --verbose", schedule: "* * * * *" },
    "bin-report": { command: "bin/report", schedule: "@daily" },
    "bin-report-2": { command: "bin/report", schedule: "0 12 * * mon" },
    x: { command: "/7/x", schedule: "@hourly" },
    averyveryverylongcom: { command: "averyveryverylongcommandname", schedule: "@hourly" },
  });
});

test.each([
  [{}, "cron is {}: must be a list"],
  [[{ command: "x" }], "cron[0].schedule is missing"],
  [[{ command: "x", schedule: "often" }], 'cron[0].schedule is "often": must have five fields'],
  [[{ schedule: "@daily" }], "cron[0].command is missing"],
  [
    Array.from({ length: 51 }, () => ({ command: "x", schedule: "@daily" })),
    "cron has 51 entries: must be at most 50",
  ],
])("what is wrong with %j", (given, message) => {
  const result = read(given);
  expect(result.ok ? "" : result.message).toContain(message);
});
