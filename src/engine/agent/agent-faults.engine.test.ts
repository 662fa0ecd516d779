import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { pod as podKind, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { EngineError } from "../../lib/container-engine/engine-transport.ts";
import { refOf } from "../../model/meta.ts";
import { containerName, containerSpec, type PodSite } from "./container-spec.ts";
import { endContainers } from "./end-containers.ts";
import { AgentBench, isReady, statusOf } from "./testing/agent-bench.ts";

let bench: AgentBench;

beforeAll(async () => {
  bench = await AgentBench.open();
});

afterAll(async () => {
  await bench.close();
});

const sh = (script: string) => ["/bin/sh", "-c", script];
const shell = "trap 'exit 0' TERM; while true; do sleep 0.1; done";

test("a new agent takes over what runs, and ends what was deleted meanwhile", async () => {
  const first = await bench.startAgent();
  const kept = await bench.createPod({
    command: sh(shell),
    readinessProbe: { exec: { command: ["test", "-e", "/tmp/ready"] }, periodSeconds: 60 },
  });
  const pair = await bench.createPod(
    {},
    {
      containers: ["main", "other"].map((name) => ({ name, image: bench.image, command: sh(shell) })),
    },
  );
  const crashed = await bench.createPod(
    {
      command: sh("test -e /data/on && exec sleep 1000; touch /data/on; exit 1"),
      volumeMounts: [{ name: "data", mountPath: "/data" }],
    },
    { volumes: [{ name: "data", emptyDir: {} }] },
  );
  const deleted = await bench.createPod({ command: sh(shell) });
  const forced = await bench.createPod({ command: sh(shell) });
  await bench.exec(await bench.until(kept, (now) => now.status?.phase === "Running"), "touch /tmp/ready");
  const before = await Promise.all([kept, pair, deleted, forced].map((pod) => bench.untilReady(pod)));
  const restarted = await bench.until(
    crashed,
    (now) => statusOf(now)?.ready === true && statusOf(now)?.restartCount === 1,
  );
  await first.stop();
  expect((await bench.containers()).filter(({ State }) => State === "running").length).toBe(7);

  await bench.client.delete(podKind, refOf(deleted), { gracePeriodSeconds: 1 });
  await bench.client.delete(podKind, refOf(forced), { gracePeriodSeconds: 0 });
  const versions: string[] = [];
  const stop = bench.client.onCall(({ verb, ref }) => {
    if (verb === "patch" && ref?.name === kept.metadata.name) versions.push(verb);
  });
  const second = await bench.startAgent();
  const added = await bench.createPod({ command: sh(shell) });
  const ready = await bench.untilReady(added);
  await bench.untilGone(deleted);
  const left = async () =>
    (await bench.containers()).some(({ Labels }) =>
      Object.values(Labels).includes(forced.metadata.uid ?? ""),
    );
  await expect.poll(left, { timeout: 60_000 }).toBe(false);

  const now = await bench.client.get(podKind, refOf(kept));
  expect(now.status).toEqual(before[0]?.status);
  expect(versions).toEqual([]);
  stop();
  const pairNow = await bench.client.get(podKind, refOf(pair));
  expect(pairNow.status).toEqual(before[1]?.status);
  expect((await bench.client.get(podKind, refOf(crashed))).status).toEqual(restarted.status);
  expect([before[0]?.status?.podIP, before[1]?.status?.podIP]).not.toContain(ready.status?.podIP);
  expect(await bench.logs(second.agent, crashed, { previous: true })).toBe("");

  await bench.kill(pairNow, "other");
  const again = await bench.until(
    pair,
    (pod) => statusOf(pod, "other")?.restartCount === 1 && statusOf(pod, "other")?.ready === true,
  );
  expect(again.status?.podIP).toBe(pairNow.status?.podIP);
  await second.stop();
});

test("an engine that is killed and started again costs no container", async () => {
  const agent = await bench.startAgent();
  const aborter = new AbortController();
  const supervised = bench.host.run(aborter.signal);
  const pod = await bench.createPod({
    command: sh(shell),
    readinessProbe: { exec: { command: ["true"] }, periodSeconds: 1 },
  });
  const ready = await bench.untilReady(pod);
  process.kill((await bench.host.pid()) ?? 0, "SIGKILL");
  const other = await bench.createPod({ command: sh(shell) });
  await bench.untilReady(other);
  const after = await bench.untilReady(pod);
  expect(statusOf(after)?.containerID).toBe(statusOf(ready)?.containerID);
  expect(statusOf(after)?.restartCount).toBe(0);
  await bench.kill(after);
  await bench.until(pod, (now) => statusOf(now)?.restartCount === 1 && statusOf(now)?.ready === true);
  aborter.abort();
  await supervised;
  await agent.stop();
});

test("all containers of an instance can be ended, and are started again by the next agent", async () => {
  const agent = await bench.startAgent();
  const container = { image: bench.image, command: sh(shell) };
  const containers = ["main", "other"].map((name) => ({ name, ...container }));
  const pod = await bench.createPod({}, { containers });
  await bench.untilReady(pod);
  await agent.stop();
  await endContainers(bench.host.engine, { instance: bench.instance, graceSeconds: 1 });
  expect(await bench.containers()).toEqual([]);
  const next = await bench.startAgent();
  const again = await bench.until(pod, (now) => isReady(now) && statusOf(now)?.restartCount === 1);
  expect(statusOf(again, "other")?.ready).toBe(true);
  await next.stop();
});

test("a container that somebody removed is made again, and counted", async () => {
  const agent = await bench.startAgent();
  const pod = await bench.createPod({ command: sh(shell) });
  const ready = await bench.untilReady(pod);
  await bench.host.engine.removeContainer(statusOf(ready)?.containerID?.split("//")[1] ?? "");
  await bench.until(pod, (now) => statusOf(now)?.restartCount === 1 && statusOf(now)?.ready === true);
  await agent.stop();
});

/** What a start that was cut off leaves: a container of the name that the pod's will have. */
async function leaveContainer(pod: Pod): Promise<string> {
  const site: PodSite = {
    instance: bench.instance,
    node: "node-1",
    nodeAddress: "127.0.0.1",
    podAddress: "",
    network: "none",
    runtime: "podman",
    dns: { domain: "cluster.local" },
    ulimits: bench.host.ulimits,
    mayProtect: false,
    machineMemoryBytes: 2 ** 30,
  };
  const container = pod.spec.containers[0]!;
  const input = { pod, container, role: "app", attempt: 0, backoffMs: 0, site } as const;
  const rest = { environment: new Map(), binds: [], terminationLog: "", stopSignal: "SIGTERM" };
  const spec = containerSpec({ ...input, ...rest });
  const hostConfig = { ...spec.HostConfig, NetworkMode: "none" };
  const { NetworkingConfig: _networking, ...plain } = spec;
  return await bench.host.engine.createContainer(containerName(input, "main"), {
    ...plain,
    HostConfig: hostConfig,
  });
}

test("what a start left that was cut off is replaced", async () => {
  const pod = await bench.createPod({ command: sh(shell) });
  const id = await leaveContainer(pod);
  const agent = await bench.startAgent();
  const ready = await bench.untilReady(pod);
  expect(statusOf(ready)?.containerID).not.toContain(id);
  expect(statusOf(ready)?.restartCount).toBe(0);
  await agent.stop();
});

test("what the engine does not let go of keeps no pod from starting or ending", async () => {
  const pod = await bench.createPod({ command: sh(shell) });
  const id = await leaveContainer(pod);
  const { engine } = bench.host;
  const removeContainer = engine.removeContainer.bind(engine);
  onTestFinished(() => void (engine.removeContainer = removeContainer));
  engine.removeContainer = async (wanted, timeoutMs) => {
    if (wanted === id) throw new EngineError(500, "container is being removed");
    await removeContainer(wanted, timeoutMs);
  };
  const agent = await bench.startAgent();
  const ready = await bench.untilReady(pod);
  expect(statusOf(ready)?.containerID).not.toContain(id);
  expect(await bench.events(pod)).toContainEqual(expect.stringMatching(/ContainerStuck.*being removed/));
  engine.removeContainer = removeContainer;
  await bench.client.delete(podKind, refOf(pod), { gracePeriodSeconds: 1 });
  await bench.untilGone(pod);
  await agent.stop();
});
