import { expect, test } from "vitest";
import type { AppMetrics, ProcessUse } from "../../../model/app-metrics.ts";
import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import type { Evidence } from "../evidence.ts";
import { busyMachine, queueing, starved } from "./slow.ts";

const idle: ProcessUse = {
  instances: 2,
  cpuMillis: 20,
  memoryBytes: 2 * 50 * 1024 ** 2,
  throttledMillis: 0,
  receivedBytes: 0,
  sentBytes: 0,
  readBytes: 0,
  writtenBytes: 0,
  restarts: 0,
};

function evidence(use: Partial<ProcessUse>, limits: Record<string, string>, p95Ms = 10): Evidence {
  const web = { ...idle, ...use };
  const steps = Array.from({ length: 30 }, () => ({
    requestsPerSecond: 1,
    errorShare: 0,
    p95Ms,
    processes: { web },
  }));
  const overall = { requests: 100, errors: 0, p95Ms };
  const metrics: AppMetrics = {
    app: "shop",
    namespace: "default",
    stepSeconds: 15,
    time: "",
    steps,
    overall,
  };
  const pod = {
    metadata: { labels: { "nagi.dev/process": "web" } },
    spec: { nodeName: "node-1", containers: [{ name: "web", resources: { limits } }] },
  } as unknown as Pod;
  const app = { metadata: { name: "shop" } };
  return { app, pods: [pod], metrics, routeMetrics: [], nodeUses: [] } as unknown as Evidence;
}

test("a quiet app wants nothing", () => {
  expect(starved(evidence({}, { cpu: "500m", memory: "128Mi" }))).toEqual([]);
  expect(starved({ ...evidence({}, {}), metrics: undefined })).toEqual([]);
});

test("a limit that holds it back is told of, with how much, and how to raise it", () => {
  const [found] = starved(evidence({ cpuMillis: 960, throttledMillis: 700 }, { cpu: "500m" }));
  expect(found).toMatchObject({
    cause: "CpuLimitReached",
    evidence: [
      "it waited for the processor 35 % of the time, denied by its limit",
      "each of 2 used 480m of its limit of 500m in the last minutes",
    ],
  });
  expect(found?.next[0]).toBe("nagi resize web --cpu-limit 1 --app shop");
});

test("a busy processor is a cause only of what is slow", () => {
  expect(starved(evidence({ cpuMillis: 1950 }, {}))).toEqual([]);
  expect(starved(evidence({ cpuMillis: 1950 }, {}, 2000))).toMatchObject([{ cause: "CpuBusy" }]);
});

test("memory that is nearly full is told of before it is too late", () => {
  const [found] = starved(evidence({ memoryBytes: 2 * 120 * 1024 ** 2 }, { memory: "128Mi" }));
  expect(found).toMatchObject({ cause: "MemoryNearLimit", evidence: ["each of 2 uses 120Mi of 128Mi"] });
  expect(found?.next[0]).toBe("nagi resize web --memory 256Mi --app shop");
});

test("requests that wait, and a machine without time left", () => {
  const calm = evidence({}, {}, 2000);
  expect(queueing(calm)).toEqual([]);
  const waiting = { ...calm, routeMetrics: [{ queued: 3 }, { queued: 4 }] } as unknown as Evidence;
  expect(queueing(waiting)[0]?.evidence[0]).toBe("7 were waiting when the router counted last");
  expect(busyMachine({ ...calm, nodeUses: [{ node: "node-1", cpuShare: 0.97 }] })).toMatchObject([
    { cause: "MachineBusy", text: "the node node-1, where some of it runs, has no processor time left" },
  ]);
  expect(busyMachine({ ...evidence({}, {}), nodeUses: [{ node: "node-1", cpuShare: 0.97 }] })).toEqual([]);
});
