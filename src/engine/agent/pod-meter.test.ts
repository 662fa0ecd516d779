import { expect, test } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { FakeClock } from "../../lib/clock.ts";
import { newObject } from "../../model/kind.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { podMetrics } from "../../model/kinds/metrics/podmetrics/podmetrics.ts";
import type { MachineCounters } from "./machine-counters.ts";
import { PodMeter, usesDiffer } from "./pod-meter.ts";
import { podUses, type PodUse } from "./pod-use.ts";

const mebi = 1024 * 1024;

/** Milliseconds of processor time and mebibytes, by container. */
function reading(
  seconds: number,
  uses: Readonly<Record<string, readonly [number, number]>>,
): MachineCounters {
  const containers = Object.entries(uses).map(
    ([id, [cpuMs, memory]]) => [id, { node: "n", cpuUs: cpuMs * 1000, memoryBytes: memory * mebi }] as const,
  );
  const zero = { cpuBusy: 0, cpuTotal: 0, cpus: 2, memoryUsedBytes: 0, diskUsedBytes: 0 };
  const traffic = { diskBusyMs: new Map<string, number>(), receivedBytes: 0, sentBytes: 0 };
  return { atMs: seconds * 1000, ...zero, ...traffic, containers: new Map(containers) };
}

const main = { id: "a", podUid: "p", name: "main" };
const side = { id: "b", podUid: "p", name: "helper" };

test("processor time is a rate between two readings, memory is what is in use", () => {
  const first = reading(0, { a: [1000, 10], b: [0, 1] });
  const second = reading(10, { a: [6000, 20], b: [10, 2], fresh: [100, 1] });
  const uses = podUses(first, second, [main, side, { id: "fresh", podUid: "q", name: "main" }]);
  expect(Object.fromEntries(uses)).toEqual({
    p: [
      { container: "helper", usage: { cpu: "1m", memory: "2Mi" } },
      { container: "main", usage: { cpu: "500m", memory: "20Mi" } },
    ],
  });
});

function use(cpu: string, memory: string): PodUse {
  return [{ container: "main", usage: { cpu, memory } }];
}

test.each([
  [use("104m", "50Mi"), false],
  [use("111m", "50Mi"), false],
  [use("120m", "50Mi"), true],
  [use("100m", "60Mi"), true],
  [[], true],
])("what is worth a write: %j", (after, expected) => {
  expect(usesDiffer(use("100m", "50Mi"), after)).toBe(expected);
});

test("metrics come and go with the pods, also those of an earlier run", async () => {
  const client = new FakeClient();
  const clock = new FakeClock();
  const labels = { app: "web" };
  const running = newObject<Pod>(
    pod,
    { name: "web-1", namespace: "default", uid: "p", labels },
    { spec: { containers: [] } },
  );
  await client.create(podMetrics, newObject(podMetrics, { name: "old", namespace: "default" }, {}));
  const meter = new PodMeter({ client, clock, podOf: (uid) => (uid === "p" ? running : undefined) });
  const names = async () => (await client.list(podMetrics)).items.map(({ metadata }) => metadata.name);

  await meter.tell(reading(0, { a: [0, 10] }), [main]);
  expect(await names()).toEqual(["old"]);
  await meter.tell(reading(10, { a: [1000, 10] }), [main]);
  const [told] = (await client.list(podMetrics)).items;
  expect(told?.metadata).toMatchObject({
    name: "web-1",
    labels,
    ownerReferences: [{ kind: "Pod", uid: "p" }],
  });
  expect(told).toMatchObject({
    window: "10s",
    containers: [{ name: "main", usage: { cpu: "100m", memory: "10Mi" } }],
  });
  await meter.tell(reading(20, {}), []);
  expect(await names()).toEqual([]);
});
