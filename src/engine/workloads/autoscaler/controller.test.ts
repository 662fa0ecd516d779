import { setImmediate } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { FakeClient } from "../../../client/testing/fake-client.ts";
import { FakeClock } from "../../../lib/clock.ts";
import { createLogger } from "../../../lib/log.ts";
import { deployment, type Deployment } from "../../../model/kinds/apps/deployment/deployment.ts";
import {
  horizontalPodAutoscaler,
  type HorizontalPodAutoscaler,
} from "../../../model/kinds/autoscaling/horizontalpodautoscaler/horizontalpodautoscaler.ts";
import { pod, type Pod } from "../../../model/kinds/core/pod/pod.ts";
import { podMetrics, type PodMetrics } from "../../../model/kinds/metrics/podmetrics/podmetrics.ts";
import { newObject } from "../../../model/kind.ts";
import { createInformers } from "../shared/informers.ts";
import { runAutoscalers } from "./controller.ts";

const namespace = "default";
const labels = { app: "web" };
const periodMs = 15_000;
const clock = new FakeClock();
const lines: string[] = [];
const log = createLogger({ level: "warn", write: (line) => lines.push(line) });
let end: (() => Promise<void>) | undefined;

/** As another process does that finds this there. */
function begin(client: FakeClient): void {
  const stop = new AbortController();
  const informers = createInformers({ client, clock, log });
  const context = { client, informers, clock, log, recorders: new Map() };
  const done = Promise.all([
    informers.autoscalers.run(stop.signal),
    informers.pods.run(stop.signal),
    runAutoscalers(context, stop.signal),
  ]);
  end = async () => {
    stop.abort();
    await done;
  };
}

afterEach(async () => {
  await end?.();
  expect(lines.splice(0)).toEqual([]);
});

/** Two instances that use so much each, and an autoscaler that has seen all of its spec. */
function seeded(cpu: string): FakeClient {
  const client = new FakeClient({ clock });
  const long = new Date(clock.now() - 3600_000).toISOString();
  const resources = { requests: { cpu: "100m" } };
  const spec = { containers: [{ name: "c", image: "i", resources }] };
  for (const name of ["web-a", "web-b"]) {
    const conditions = [{ type: "Ready", status: "True" as const, lastTransitionTime: long }];
    const status = { phase: "Running" as const, startTime: long, conditions };
    client.seed(newObject<Pod>(pod, { name, namespace, labels }, { spec, status }));
    use(client, name, cpu);
  }
  const template = { metadata: { labels }, spec };
  const web = { replicas: 2, selector: { matchLabels: labels }, template };
  client.seed(newObject<Deployment>(deployment, { name: "web", namespace }, { spec: web }));
  const made = newObject<HorizontalPodAutoscaler>(
    horizontalPodAutoscaler,
    { name: "web", namespace, generation: 1 },
    {
      spec: { scaleTargetRef: { kind: "Deployment", name: "web" }, minReplicas: 1, maxReplicas: 10 },
      status: { observedGeneration: 1, currentReplicas: 2, desiredReplicas: 2 },
    },
  );
  horizontalPodAutoscaler.applyDefaults?.(made);
  client.seed(made);
  return client;
}

function use(client: FakeClient, name: string, cpu: string): void {
  const usage = { cpu, memory: "1Mi" };
  const timestamp = new Date(clock.now()).toISOString();
  const told = { timestamp, window: "15s", containers: [{ name: "c", usage }] };
  client.seed(newObject<PodMetrics>(podMetrics, { name, namespace, labels }, told));
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await setImmediate();
}

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += periodMs) {
    clock.advance(periodMs);
    await settle();
  }
}

const replicas = async (client: FakeClient): Promise<number | undefined> =>
  (await client.get(deployment, { namespace, name: "web" })).spec.replicas;

test("goes on with the autoscalers of before", async () => {
  const client = seeded("200m");
  begin(client);
  await settle();
  expect(await replicas(client)).toBe(5);
});

test("takes nothing away before it has looked for five minutes", async () => {
  const client = seeded("1m");
  begin(client);
  await settle();
  await pass(270_000);
  expect(await replicas(client)).toBe(2);
  await pass(60_000);
  expect(await replicas(client)).toBe(1);
});
