import { afterEach, expect, test } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { waitFor } from "../../client/wait-for.ts";
import { systemClock } from "../../lib/clock.ts";
import { createLogger } from "../../lib/log.ts";
import { deployment, type Deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import { replicaSet } from "../../model/kinds/apps/replicaset/replicaset.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { service } from "../../model/kinds/core/service/service.ts";
import { endpointSlice } from "../../model/kinds/discovery/endpointslice/endpointslice.ts";
import { newObject } from "../../model/kind.ts";
import { runWorkloads } from "./run.ts";
import { runFakeAgent, type FakeAgentOptions } from "./testing/fake-agent.ts";

const namespace = "default";
const ref = { namespace, name: "web" };
const labels = { app: "web" };
const running: { stop: AbortController; done: Promise<unknown>; lines: string[] }[] = [];

function start(agent: Omit<FakeAgentOptions, "client"> = {}): FakeClient {
  const client = new FakeClient();
  const stop = new AbortController();
  const lines: string[] = [];
  const log = createLogger({ level: "warn", write: (line) => lines.push(line) });
  const workloads = runWorkloads({ client, clock: systemClock, log }, stop.signal);
  const done = Promise.all([workloads, runFakeAgent({ client, ...agent }, stop.signal)]);
  running.push({ stop, done, lines });
  return client;
}

afterEach(async () => {
  for (const { stop, done, lines } of running.splice(0)) {
    stop.abort();
    await done;
    expect(lines).toEqual([]);
  }
});

function web(replicas: number, image: string, more: Partial<Deployment["spec"]> = {}): Deployment {
  return newObject(
    deployment,
    { ...ref, labels },
    {
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "web", image }] } },
        ...more,
      },
    },
  );
}

async function until(client: FakeClient, holds: (object: Deployment) => boolean): Promise<Deployment> {
  const wait = {
    kind: deployment,
    ref,
    until: (object?: Deployment) => object !== undefined && holds(object),
  };
  const found = await waitFor(client, wait, { clock: systemClock, timeoutMs: 5000 });
  expect(found).toBeDefined();
  return found!;
}

const isDone = (image: string) => (object: Deployment) => {
  const { status, spec, metadata } = object;
  return (
    status?.observedGeneration === metadata.generation &&
    spec.template.spec?.containers[0]?.image === image &&
    status?.availableReplicas === spec.replicas &&
    status?.updatedReplicas === spec.replicas &&
    status?.replicas === spec.replicas
  );
};

async function pods(client: FakeClient): Promise<Pod[]> {
  return (await client.list(pod)).items;
}

test("a deployment gets its pods, grows, shrinks and rolls out", async () => {
  const client = start();
  await client.create(deployment, web(2, "a"));
  await until(client, isDone("a"));
  await client.patch(deployment, ref, { type: "merge", body: { spec: { replicas: 10 } } });
  await until(client, isDone("a"));
  expect(await pods(client)).toHaveLength(10);
  await client.patch(deployment, ref, { type: "merge", body: { spec: { replicas: 3 } } });
  await until(client, isDone("a"));
  await client.update(deployment, web(3, "b"));
  const done = await until(client, isDone("b"));
  expect(done.status?.conditions).toMatchObject([
    { type: "Available", status: "True", reason: "MinimumReplicasAvailable" },
    { type: "Progressing", status: "True", reason: "NewReplicaSetAvailable" },
  ]);
  const images = (await pods(client)).map(({ spec }) => spec.containers[0]?.image);
  expect(images).toEqual(["b", "b", "b"]);
  const sets = (await client.list(replicaSet)).items;
  expect(new Set(sets.map(({ spec }) => spec.replicas))).toEqual(new Set([0, 3]));
});

test("a service's slice follows the pods", async () => {
  const client = start();
  const ports = [{ name: "http", port: 80, targetPort: 8080 }];
  await client.create(service, newObject(service, ref, { spec: { selector: labels, ports } }));
  await client.create(deployment, web(2, "a"));
  await until(client, isDone("a"));
  const slices = await client.list(endpointSlice);
  expect(slices.items).toHaveLength(1);
  const { endpoints, ports: slicePorts } = slices.items[0]!;
  expect(endpoints.map(({ conditions }) => conditions)).toEqual([
    { ready: true, serving: true, terminating: false },
    { ready: true, serving: true, terminating: false },
  ]);
  expect(slicePorts).toMatchObject([{ name: "http", port: 8080 }]);
});

test("a bad version takes no good pod down", async () => {
  const client = start({ isGood: ({ spec }) => spec.containers[0]?.image !== "bad" });
  const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } as const;
  await client.create(deployment, web(3, "a", { strategy }));
  await until(client, isDone("a"));
  await client.update(deployment, web(3, "bad", { strategy, progressDeadlineSeconds: 1 }));
  const stuck = await until(client, ({ status }) =>
    (status?.conditions ?? []).some(({ reason }) => reason === "ProgressDeadlineExceeded"),
  );
  expect(stuck.status).toMatchObject({ availableReplicas: 3, updatedReplicas: 1, replicas: 4 });
  await client.update(deployment, web(3, "a", { strategy }));
  await until(client, isDone("a"));
  const images = (await pods(client)).map(({ spec }) => spec.containers[0]?.image);
  expect(images).toEqual(["a", "a", "a"]);
});
