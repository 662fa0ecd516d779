import { expect, test } from "vitest";
import { FakeClient } from "../../../client/testing/fake-client.ts";
import { FakeClock } from "../../../lib/clock.ts";
import { silentLogger } from "../../../lib/log.ts";
import { cronJob, type CronJob } from "../../../model/kinds/batch/cronjob/cronjob.ts";
import { job } from "../../../model/kinds/batch/job/job.ts";
import { newObject } from "../../../model/kind.ts";
import { createInformers } from "../shared/informers.ts";
import { runCronJobs } from "./controller.ts";

const startMs = Date.parse("2026-01-01T00:00:30Z");

/** Lets everything that is due run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test("a minute at a time: a job each, and one for all the time that Nagi was down", async () => {
  const client = new FakeClient();
  const clock = new FakeClock(startMs);
  const run = (stop: AbortController): Promise<unknown> => {
    const given = { client, clock, log: silentLogger };
    const informers = createInformers(given);
    const context = { ...given, informers, recorders: new Map() };
    return Promise.all([
      informers.cronJobs.run(stop.signal),
      informers.jobs.run(stop.signal),
      runCronJobs(context, stop.signal),
    ]);
  };
  const names = async (): Promise<string[]> =>
    (await client.list(job)).items.map(({ metadata }) => metadata.name ?? "").toSorted();
  const minute = (offset: number) => `tick-${Math.floor(startMs / 60_000) + offset}`;

  const creationTimestamp = new Date(startMs).toISOString();
  const metadata = { name: "tick", namespace: "default", creationTimestamp };
  const spec = {
    schedule: "* * * * *",
    concurrencyPolicy: "Allow" as const,
    jobTemplate: {
      spec: {
        template: { spec: { restartPolicy: "Never" as const, containers: [{ name: "c", image: "i" }] } },
      },
    },
  };
  await client.create(cronJob, newObject<CronJob>(cronJob, metadata, { spec }));
  // Whatever the fake set as its creation.
  await client.patch(
    cronJob,
    { namespace: "default", name: "tick" },
    { type: "merge", body: { status: { lastScheduleTime: creationTimestamp } } },
    { subresource: "status" },
  );

  const first = new AbortController();
  const running = run(first);
  await settle();
  expect(await names()).toEqual([]);
  for (let step = 0; step < 8; step++) {
    clock.advance(15_000);
    await settle();
  }
  expect(await names()).toEqual([minute(1), minute(2)]);
  first.abort();
  await running;

  clock.advance(10 * 60_000);
  const second = new AbortController();
  const again = run(second);
  await settle();
  clock.advance(1500);
  await settle();
  expect(await names()).toEqual([minute(1), minute(2), minute(12)].toSorted());
  const found = await client.get(cronJob, { namespace: "default", name: "tick" });
  expect(found.status?.lastScheduleTime).toBe("2026-01-01T00:12:00Z");
  expect(found.status?.active).toHaveLength(3);
  second.abort();
  await again;
});
