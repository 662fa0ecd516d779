import { freePort } from "../../lib/free-port.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newObject } from "../../model/kind.ts";
import { configMap, type ConfigMap } from "../../model/kinds/core/configmap/configmap.ts";
import { pod as podKind } from "../../model/kinds/core/pod/pod.ts";
import { secret, type Secret } from "../../model/kinds/core/secret/secret.ts";
import { refOf } from "../../model/meta.ts";
import { AgentBench, isReady, statusOf, type RunningAgent } from "./testing/agent-bench.ts";

let bench: AgentBench;
let running: RunningAgent;

beforeAll(async () => {
  bench = await AgentBench.open();
  running = await bench.startAgent();
});

afterAll(async () => {
  await running.stop();
  await bench.close();
});

const sh = (script: string) => ["/bin/sh", "-c", script];
const serve = (text: string, port: number) =>
  sh(`mkdir -p /tmp/w; echo ${text} > /tmp/w/index.html; exec httpd -f -p ${port} -h /tmp/w`);

test("containers of a pod share address, localhost and volumes; init containers come first, in order", async () => {
  const mounts = [{ name: "shared", mountPath: "/shared" }];
  const pod = await bench.createPod(
    { command: serve("one", 8081), volumeMounts: mounts },
    {
      volumes: [{ name: "shared", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } }],
      initContainers: [
        {
          name: "first",
          image: bench.image,
          command: sh("sleep 0.3; echo first > /shared/log"),
          volumeMounts: mounts,
        },
        {
          name: "second",
          image: bench.image,
          command: sh("echo second >> /shared/log"),
          volumeMounts: mounts,
        },
      ],
      containers: [
        { name: "main", image: bench.image, command: serve("one", 8081), volumeMounts: mounts },
        { name: "other", image: bench.image, command: serve("two", 8082), volumeMounts: mounts },
      ],
    },
  );
  const ready = await bench.untilReady(pod);
  expect(await bench.exec(ready, "wget -qO- http://localhost:8082/")).toBe("two\n");
  expect(await bench.exec(ready, "hostname", "other")).toBe(`${pod.metadata.name}\n`);
  expect(await bench.exec(ready, "cat /shared/log", "other")).toBe("first\nsecond\n");
  expect(await (await fetch(`http://${ready.status?.podIP}:8082/`)).text()).toBe("two\n");
  expect(statusOf(ready, "first")?.state?.terminated).toMatchObject({ exitCode: 0, reason: "Completed" });
  await expect(bench.logs(running.agent, pod)).rejects.toThrow(
    `a container name must be specified for pod ${pod.metadata.name}, choose one of: [main other] or one of the init containers: [first second]`,
  );
  await bench.kill(ready, "other");
  const again = await bench.until(pod, (now) => isReady(now) && statusOf(now, "other")?.restartCount === 1);
  expect(again.status?.podIP).toBe(ready.status?.podIP);
  expect(statusOf(again)?.restartCount).toBe(0);
  await bench.client.delete(podKind, refOf(pod), { gracePeriodSeconds: 1 });
  await bench.untilGone(pod);
});

test("a failing init container keeps the others from starting", async () => {
  const pod = await bench.createPod(
    {},
    { restartPolicy: "Never", initContainers: [{ name: "init", image: bench.image, command: sh("exit 4") }] },
  );
  const failed = await bench.until(pod, (now) => now.status?.phase === "Failed");
  expect(statusOf(failed, "init")?.state?.terminated?.exitCode).toBe(4);
  expect(statusOf(failed)?.state?.waiting?.reason).toBe("PodInitializing");
});

test("a sidecar starts before the others and does not keep a job from ending", async () => {
  const pod = await bench.createPod(
    { command: sh("wget -qO- http://localhost:8090/") },
    {
      restartPolicy: "Never",
      initContainers: [
        {
          name: "side",
          image: bench.image,
          restartPolicy: "Always",
          command: serve("side", 8090),
          startupProbe: { tcpSocket: { port: 8090 }, periodSeconds: 1 },
        },
      ],
    },
  );
  await bench.until(pod, (now) => now.status?.phase === "Succeeded");
  await expect
    .poll(() => bench.logs(running.agent, pod, { container: "main" }), { timeout: 60_000 })
    .toBe("side\n");
});

test("a host port leads to the pod from the node's loopback address alone", async () => {
  const port = await freePort();
  const pod = await bench.createPod({
    command: serve("hosted", 80),
    ports: [{ containerPort: 80, hostPort: port }],
    readinessProbe: { tcpSocket: { port: 80 }, periodSeconds: 1 },
  });
  await bench.untilReady(pod);
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("hosted\n");
  await expect(fetch(`http://127.0.0.2:${port}/`, { signal: AbortSignal.timeout(1000) })).rejects.toThrow();
  await bench.client.delete(podKind, refOf(pod), { gracePeriodSeconds: 0 });
  await bench.untilGone(pod);
});

test("environment and files come from the objects that the pod names", async () => {
  const namespace = "default";
  await bench.client.create(
    configMap,
    newObject<ConfigMap>(configMap, { name: "conf", namespace }, { data: { colour: "blue", size: "big" } }),
  );
  await bench.client.create(
    secret,
    newObject<Secret>(
      secret,
      { name: "sec", namespace },
      { data: { token: Buffer.from("s3cret").toString("base64") } },
    ),
  );
  const pod = await bench.createPod(
    {
      command: sh("sleep 1000"),
      envFrom: [
        { prefix: "C_", configMapRef: { name: "conf" } },
        { secretRef: { name: "none", optional: true } },
      ],
      env: [
        { name: "TOKEN", valueFrom: { secretKeyRef: { name: "sec", key: "token" } } },
        { name: "BOTH", value: "$(TOKEN)-$(C_colour)-$(NONE)-$$(TOKEN)" },
        { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
        { name: "CPU", valueFrom: { resourceFieldRef: { resource: "limits.cpu", divisor: "1m" } } },
      ],
      resources: { limits: { cpu: "250m", memory: "64Mi" } },
      workingDir: "/tmp",
      securityContext: {
        runAsUser: 1000,
        runAsGroup: 1001,
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
      },
      volumeMounts: [
        { name: "conf", mountPath: "/conf" },
        { name: "all", mountPath: "/all" },
        { name: "data", mountPath: "/data", subPath: "deep/er" },
      ],
    },
    {
      volumes: [
        { name: "conf", configMap: { name: "conf", items: [{ key: "colour", path: "a/b", mode: 0o440 }] } },
        {
          name: "all",
          projected: {
            sources: [
              { secret: { name: "sec" } },
              { downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] } },
            ],
          },
        },
        { name: "data", emptyDir: {} },
      ],
      securityContext: { fsGroup: 2000 },
    },
    { labels: { a: "1", b: "two" } },
  );
  const ready = await bench.untilReady(pod);
  const lines = (await bench.exec(ready, "env")).split("\n");
  expect(lines).toEqual(
    expect.arrayContaining([
      "C_colour=blue",
      "C_size=big",
      "TOKEN=s3cret",
      "BOTH=s3cret-blue-$(NONE)-$(TOKEN)",
      `IP=${ready.status?.podIP}`,
      "CPU=250",
    ]),
  );
  expect(await bench.exec(ready, "cat /conf/a/b /all/token /all/labels; pwd; id -u; id -g; id -G")).toBe(
    `blues3creta="1"\nb="two"/tmp\n1000\n1001\n1001 2000\n`,
  );
  expect(
    await bench.exec(
      ready,
      "touch /data/file && stat -c %g /data/file; touch /conf/x 2>&1; touch /root 2>&1",
    ),
  ).toMatch(/^2000\n.*Read-only file system\n.*(Read-only file system|Permission denied)/);
});

test("a missing ConfigMap of a volume is told, and the pod starts once it is there", async () => {
  const pod = await bench.createPod(
    { volumeMounts: [{ name: "late", mountPath: "/late" }] },
    { volumes: [{ name: "late", configMap: { name: "late" } }] },
  );
  const message =
    'Warning FailedMount MountVolume.SetUp failed for volume "late" : configmap "late" not found';
  await expect.poll(() => bench.events(pod), { timeout: 60_000 }).toContain(message);
  await bench.client.create(
    configMap,
    newObject<ConfigMap>(configMap, { name: "late", namespace: "default" }, { data: { k: "v" } }),
  );
  const ready = await bench.untilReady(pod);
  expect(await bench.exec(ready, "cat /late/k")).toBe("v");
});

test("deletion runs the preStop hook, sends SIGTERM, waits and then kills", async () => {
  const trap = "trap 'echo term' TERM; echo up; while true; do sleep 0.1; done";
  const pod = await bench.createPod({
    command: sh(trap),
    lifecycle: { preStop: { exec: { command: sh("echo hook > /proc/1/fd/1") } } },
  });
  await bench.untilReady(pod);
  await expect.poll(() => bench.logs(running.agent, pod)).toBe("up\n");
  const chunks: string[] = [];
  const followed = (async () => {
    for await (const chunk of running.agent.logSource.log(await bench.client.get(podKind, refOf(pod)), {
      follow: true,
    })) {
      chunks.push(Buffer.from(chunk).toString());
    }
  })();
  await bench.client.delete(podKind, refOf(pod), { gracePeriodSeconds: 2 });
  await bench.untilGone(pod);
  await followed;
  expect(chunks.join("")).toBe("up\nhook\nterm\n");
  expect(await bench.events(pod)).toContain("Normal Killing Stopping container main");
});

test("a pod that is deleted with grace can be deleted at once later", async () => {
  const pod = await bench.createPod({ command: sh("trap '' TERM; sleep 1000 & wait; wait; sleep 1000") });
  await bench.untilReady(pod);
  await bench.client.delete(podKind, refOf(pod), { gracePeriodSeconds: 600 });
  await bench.until(pod, (now) => now.metadata.deletionTimestamp !== undefined);
  await bench.client.delete(podKind, refOf(pod), { gracePeriodSeconds: 0 });
  await bench.untilGone(pod);
  const uid = pod.metadata.uid ?? "";
  const left = async () =>
    (await bench.containers()).filter(({ Labels }) => Object.values(Labels).includes(uid)).length;
  await expect.poll(left, { timeout: 60_000 }).toBe(0);
});

test("a pod ends when its active deadline is over", async () => {
  const pod = await bench.createPod(
    { command: sh("sleep 1000") },
    { activeDeadlineSeconds: 1, terminationGracePeriodSeconds: 0 },
  );
  const failed = await bench.until(pod, (now) => now.status?.phase === "Failed");
  expect(failed.status?.reason).toBe("DeadlineExceeded");
  expect(statusOf(failed)?.ready).toBe(false);
});

test("nodes and leases are there, with capacity and conditions", async () => {
  const { node } = await import("../../model/kinds/core/node/node.ts");
  const { lease } = await import("../../model/kinds/coordination/lease/lease.ts");
  const found = await bench.client.get(node, { name: "node-1" });
  expect(found.status?.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual([
    "MemoryPressure=False",
    "DiskPressure=False",
    "PIDPressure=False",
    "Ready=True",
  ]);
  expect(found.status?.capacity).toMatchObject({ pods: "110" });
  expect(found.metadata.labels).toMatchObject({ "kubernetes.io/hostname": "node-1" });
  expect(
    (await bench.client.get(lease, { namespace: "kube-node-lease", name: "node-1" })).spec?.holderIdentity,
  ).toBe("node-1");
});
