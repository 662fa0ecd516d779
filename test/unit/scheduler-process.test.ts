/** `nagi scheduler`: processes of their own that schedule a cluster over HTTPS, beside another scheduler. */

import { afterEach, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../../src/engine/apiserver/testing/test-server.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLogger } from "../../src/lib/log.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { lease } from "../../src/model/kinds/coordination/lease/lease.ts";
import { event } from "../../src/model/kinds/core/event/event.ts";
import { node, type Node } from "../../src/model/kinds/core/node/node.ts";
import { pod, type Pod } from "../../src/model/kinds/core/pod/pod.ts";
import { schedulingDecision } from "../../src/model/kinds/nagi/schedulingdecision/schedulingdecision.ts";
import { newObject } from "../../src/model/kind.ts";
import { allKinds } from "../../src/model/registry.ts";
import { createScheduler } from "../../src/scheduler/loop/scheduler.ts";
import { fileIn, kubeconfigOf, SchedulerProcess } from "../harness/scheduler-process.ts";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function cluster(options: Parameters<typeof startTestServer>[0] = {}) {
  const server = await startTestServer(options);
  ends.push(() => server[Symbol.asyncDispose]());
  for (const name of ["a", "b", "c"]) {
    await server.client.create(node, newObject<Node>(node, { name }, {}));
    const allocatable = { cpu: "40", memory: "64Gi", pods: "200" };
    const body = { status: { allocatable, capacity: allocatable } };
    await server.client.patch(node, { name }, { type: "merge", body }, { subresource: "status" });
  }
  const kubeconfig = await kubeconfigOf(server);
  const start = async (...flags: string[]): Promise<SchedulerProcess> => {
    const started = await SchedulerProcess.start(kubeconfig, flags);
    ends.push(() => started.end("SIGKILL"));
    return started;
  };
  return { server, client: server.client, start };
}

const namespace = "default";
function aPod(name: string, schedulerName = "nagi", cpu = "100m"): Pod {
  const containers = [{ name: "main", image: "example.com/hello", resources: { requests: { cpu } } }];
  return newObject<Pod>(pod, { name, namespace }, { spec: { schedulerName, containers } });
}

const patience = { timeout: 20_000, interval: 50 };

async function unbound({ client }: TestServer): Promise<string[]> {
  const { items } = await client.list(pod, { namespace });
  return items.flatMap(({ metadata, spec }) => (spec.nodeName === undefined ? [metadata.name ?? ""] : []));
}

/** Every node that a pod was ever seen on. */
async function follow({ client }: TestServer): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const seen = new Map<string, Set<string>>();
  const abort = new AbortController();
  const watching = (async () => {
    for await (const change of client.watch(pod, { namespace, signal: abort.signal })) {
      if (change.type === "BOOKMARK" || change.object.spec.nodeName === undefined) continue;
      const uid = change.object.metadata.uid ?? "";
      seen.set(uid, (seen.get(uid) ?? new Set()).add(change.object.spec.nodeName));
    }
  })();
  ends.push(async () => {
    abort.abort();
    await watching;
  });
  return Promise.resolve(seen);
}

test("of two processes one leads; when it is killed the other goes on, beside another scheduler", async () => {
  const { server, client, start } = await cluster();
  const seen = await follow(server);
  const stop = new AbortController();
  const parts = { client, clock: systemClock, random: seededRandom(1), log: silentLogger };
  const builtIn = createScheduler(parts).run(stop.signal);
  ends.push(async () => {
    stop.abort();
    await builtIn;
  });
  const times = ["lease-duration=2s", "renew-deadline=1500ms", "retry-period=200ms"];
  const flags = times.map((time) => `--leader-elect-${time}`);
  const first = await start(...flags);
  await first.says('"message":"leading"');
  const second = await start(...flags);
  await expect.poll(() => second.get("/readyz"), patience).toEqual({ status: 200, text: "ok\n" });
  expect((await second.get("/metrics")).text).toContain(
    'leader_election_master_status{name="nagi-scheduler"} 0',
  );

  const total = 120;
  for (let index = 0; index < total; index++) {
    await client.create(pod, aPod(`nagi-${index}`));
    await client.create(pod, aPod(`default-${index}`, "default-scheduler"));
    if (index === total / 3) await first.end("SIGKILL");
  }
  await expect.poll(() => unbound(server), patience).toEqual([]);
  expect(second.leads).toBe(true);
  expect(seen.size).toBe(2 * total);
  for (const nodes of seen.values()) expect(nodes.size).toBe(1);

  const told = async () => {
    const { items } = await client.list(event, { namespace });
    return items.filter(({ reason }) => reason === "Scheduled");
  };
  const defaults = async () =>
    (await told()).filter(({ involvedObject }) => involvedObject?.name?.startsWith("default-") === true);
  await expect.poll(async () => (await defaults()).length, patience).toBe(total);
  for (const { involvedObject, reportingComponent } of await told()) {
    const isOurs = involvedObject?.name?.startsWith("nagi-") === true;
    expect(reportingComponent).toBe(isOurs ? "nagi" : "default-scheduler");
  }

  // Told to end, it gives the lease back, and a third need not wait for it.
  const third = await start(...flags);
  expect(await second.end()).toBe(0);
  await third.says('"message":"leading"');
  const { spec } = await client.get(lease, { namespace: "kube-system", name: "nagi-scheduler" });
  expect(spec?.leaseTransitions).toBe(2);
  await client.create(pod, aPod("last"));
  await expect.poll(() => unbound(server), patience).toEqual([]);
  const { text } = await third.get("/metrics");
  expect(text).toContain('scheduler_schedule_attempts_total{profile="nagi",result="scheduled"} 1');
  expect(server.errors).toEqual([]);
});

test("one process answers as the extender of another, in both forms", async () => {
  const { server, client, start } = await cluster();
  const rules = fileIn(
    server,
    "rules.yaml",
    `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
  - pluginConfig:
      - name: NodeAffinity
        args:
          addedAffinity:
            requiredDuringSchedulingIgnoredDuringExecution:
              nodeSelectorTerms: [{ matchExpressions: [{ key: zone, operator: In, values: [east] }] }]
`,
  );
  for (const name of ["b", "c"]) {
    await client.patch(node, { name }, { type: "merge", body: { metadata: { labels: { zone: "east" } } } });
  }
  const answers = await start("--no-leader-elect", "--config", rules, "--serve-extender", "0");
  const url = answers.url("Extender");
  const asking = fileIn(
    server,
    "asking.yaml",
    `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles: [{ schedulerName: asking }]
extenders:
  - urlPrefix: ${url}
    filterVerb: filter
    prioritizeVerb: prioritize
    preemptVerb: preempt
    bindVerb: bind
    weight: 1
`,
  );
  await start("--no-leader-elect", "--config", asking);
  await client.create(pod, aPod("one", "asking", "39"));
  await client.create(pod, aPod("two", "asking", "39"));
  await expect.poll(() => unbound(server), patience).toEqual([]);
  const places = (await client.list(pod, { namespace })).items.map(({ spec }) => spec.nodeName);
  expect(new Set(places)).toEqual(new Set(["b", "c"]));
  const decision = async () => (await client.list(schedulingDecision, { namespace })).items[0]?.spec;
  await expect.poll(decision, patience).toMatchObject({ scheduler: "asking", outcome: "Scheduled" });
  const ofA = (await decision())?.nodes?.find(({ name }) => name === "a");
  expect(ofA?.predicates?.at(-1)).toMatchObject({
    plugin: `Extender ${url}`,
    verdict: "fail",
    reason: "node(s) didn't match scheduler-enforced node affinity",
  });

  const ask = async (verb: string, body: object): Promise<unknown> =>
    await (await fetch(`${url}/${verb}`, { method: "POST", body: JSON.stringify(body) })).json();
  const asked = {
    ...aPod("three", "default-scheduler", "2"),
    metadata: { name: "three", namespace, uid: "u3" },
  };
  const nodes = (await client.list(node)).items;
  expect(await ask("filter", { Pod: asked, Nodes: null, NodeNames: ["a", "b", "none"] })).toEqual({
    Nodes: null,
    NodeNames: [],
    FailedNodes: { b: "Insufficient cpu" },
    FailedAndUnresolvableNodes: {
      a: "node(s) didn't match scheduler-enforced node affinity",
      none: "node is not known to Nagi (yet)",
    },
    Error: "",
  });
  const small = aPod("small", "default-scheduler");
  const whole = await ask("filter", { pod: small, nodes: { metadata: {}, items: nodes } });
  expect(whole).toMatchObject({ NodeNames: null, FailedNodes: {}, Error: "" });
  const kept = (whole as { Nodes: { items: Node[] } }).Nodes.items;
  expect(new Set(kept.map(({ metadata }) => metadata.name))).toEqual(new Set(["b", "c"]));
  expect(await ask("prioritize", { Pod: small, Nodes: { items: nodes }, NodeNames: null })).toEqual(
    nodes.map(({ metadata: { name } }) => ({ Host: name, Score: name === "a" ? 0 : 10 })),
  );
  const [victim] = (await client.list(pod, { namespace })).items.filter(({ spec }) => spec.nodeName === "b");
  const victims = { Pods: [{ UID: victim?.metadata.uid }], NumPDBViolations: 0 };
  const preempting = { Pod: { ...asked, spec: { ...asked.spec, priority: 9 } } };
  const meta = { a: { Pods: [], NumPDBViolations: 0 }, b: victims };
  expect(await ask("preempt", { ...preempting, NodeNameToMetaVictims: meta })).toEqual({
    NodeNameToMetaVictims: { b: victims },
  });
  const full = { b: { Pods: [victim], NumPDBViolations: 1 }, c: { Pods: [], NumPDBViolations: 0 } };
  expect(await ask("preempt", { ...preempting, NodeNameToVictims: full })).toEqual({
    NodeNameToMetaVictims: { b: { ...victims, NumPDBViolations: 1 } },
  });
  const { metadata } = await client.create(pod, aPod("four", "default-scheduler"));
  const binding = { PodName: "four", PodNamespace: namespace, PodUID: metadata.uid, Node: "a" };
  expect(await ask("bind", binding)).toEqual({ Error: "" });
  expect((await client.get(pod, { name: "four", namespace })).spec.nodeName).toBe("a");
  expect(await ask("bind", { ...binding, Node: "b" })).toMatchObject({
    Error: expect.stringContaining("cannot bind default/four to b") as string,
  });
  expect(await ask("filter", {})).toMatchObject({ Error: "Pod is no object" });
});

test("a cluster without kinds of ours is scheduled all the same, and told what is missing", async () => {
  const kinds = allKinds.filter(({ group }) => group !== "nagi.dev" && group !== "scheduling.x-k8s.io");
  const { server, client, start } = await cluster({ kinds });
  const started = await start();
  await client.create(pod, aPod("one"));
  await client.create(pod, aPod("big", "nagi", "100"));
  await expect.poll(() => unbound(server), patience).toEqual(["big"]);
  const message = async () => {
    const { status } = await client.get(pod, { name: "big", namespace });
    return status?.conditions?.find(({ type }) => type === "PodScheduled")?.message;
  };
  await expect.poll(message, patience).toBe("0/3 nodes are available: 3 Insufficient cpu.");
  expect(started.output).toContain("nagi scheduler --print crds | kubectl apply -f -");
  expect(await started.get("/livez")).toEqual({ status: 200, text: "ok\n" });
  expect(server.errors).toEqual([]);
});
