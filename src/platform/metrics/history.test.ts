import { zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { emptyLatencies } from "../../model/kinds/nagi/routemetrics/latency.ts";
import { AppHistory, grownSince, stepsMax, type Step } from "./history.ts";
import { packHistory, unpackHistory } from "./kept-history.ts";

const use = {
  instances: 2,
  cpuMillis: 150,
  memoryBytes: 1000,
  throttledMillis: 0,
  receivedBytes: 1,
  sentBytes: 2,
  readBytes: 3,
  writtenBytes: 4,
  restarts: 5,
};

function aStep(requests: number, errors = 0, processes: Step["processes"] = { web: use }): Step {
  const latencies = emptyLatencies();
  latencies[5] = requests;
  return { requests, errors, latencies, processes };
}

test("steps come back as they were added, the oldest first", () => {
  const history = new AppHistory();
  history.add(aStep(0, 0, {}));
  history.add(aStep(30, 3));
  const { steps, overall } = history.read(10);
  expect(steps).toHaveLength(2);
  expect(steps[0]).toMatchObject({ requestsPerSecond: 0, errorShare: 0, processes: {} });
  expect(steps[0]?.p95Ms).toBeUndefined();
  expect(steps[1]).toMatchObject({ requestsPerSecond: 2, errorShare: 0.1, processes: { web: use } });
  expect(overall).toMatchObject({ requests: 30, errors: 3, p99Ms: 10 });
});

test("a full ring forgets the oldest", () => {
  const history = new AppHistory();
  for (let index = 0; index < stepsMax + 3; index++) history.add(aStep(index));
  const { steps } = history.read(stepsMax * 2);
  expect(steps).toHaveLength(stepsMax);
  expect(steps[0]?.requestsPerSecond).toBe(3 / 15);
  expect(steps.at(-1)?.requestsPerSecond).toBe((stepsMax + 2) / 15);
  expect(history.read(1).overall.requests).toBe(stepsMax + 2);
});

test("process types that ran once make room for others, the oldest first", () => {
  const history = new AppHistory();
  history.add(aStep(0));
  for (let run = 0; run < 20; run++) history.add(aStep(0, 0, { web: use, [`cron.job-${run}`]: use }));
  history.add(aStep(0, 0, { web: use, worker: use }));
  const { steps } = history.read(stepsMax);
  const known = new Set(steps.flatMap(({ processes }) => Object.keys(processes)));
  expect(steps.at(-1)?.processes).toEqual({ web: use, worker: use });
  expect(steps[0]?.processes).toEqual({ web: use });
  expect(known).toContain("cron.job-19");
  expect(known).not.toContain("cron.job-0");
  expect(known.size).toBe(16);
});

test("totals that are smaller than before were begun anew", () => {
  const before = { requests: 10, serverErrors: 1, unserved: 2, latencies: [4, 6] };
  expect(grownSince(before, { requests: 15, serverErrors: 2, unserved: 2, latencies: [5, 10] })).toEqual({
    requests: 5,
    errors: 1,
    latencies: [1, 4],
  });
  expect(grownSince(before, { requests: 3, latencies: [3, 0] })).toEqual({
    requests: 3,
    errors: 0,
    latencies: [3, 0],
  });
  expect(grownSince(undefined, {})).toEqual({ requests: 0, errors: 0, latencies: [] });
});

test("what is kept comes back as it was, and goes on after a gap", async () => {
  const history = new AppHistory();
  for (let index = 0; index < stepsMax + 2; index++)
    history.add(aStep(index, 0, index < 5 ? {} : { web: use }));
  const packed = await packHistory({ uid: "u", timeMs: 7, history });
  const back = await unpackHistory(packed);
  expect(back).toMatchObject({ uid: "u", timeMs: 7 });
  expect(back?.history.read(stepsMax)).toEqual(history.read(stepsMax));
  back?.history.skip(2);
  back?.history.add(aStep(15));
  const { steps } = back?.history.read(4) ?? { steps: [] };
  expect(steps.map(({ requestsPerSecond }) => requestsPerSecond * 15)).toEqual([stepsMax + 1, 0, 0, 15]);
  expect(steps[1]?.processes).toEqual({});
});

test("what is damaged is refused, and what another version wrote begins anew", async () => {
  const packed = await packHistory({ uid: "u", timeMs: 7, history: new AppHistory() });
  await expect(unpackHistory(packed.subarray(0, packed.length - 5))).rejects.toThrow();
  await expect(unpackHistory(Buffer.from("no history"))).rejects.toThrow();
  const other = zstdCompressSync('{"version":0,"uid":"u"}\n');
  expect(await unpackHistory(other)).toBeUndefined();
  const short = '{"version":1,"uid":"u","timeMs":1,"count":2,"router":9,"processes":[]}\n';
  expect(await unpackHistory(zstdCompressSync(short))).toBeUndefined();
});
