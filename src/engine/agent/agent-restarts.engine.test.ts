import { afterAll, beforeAll, expect, test } from "vitest";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import { labels } from "./container-record.ts";
import { AgentBench, statusOf, type RunningAgent } from "./testing/agent-bench.ts";

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

const containersOf = async ({ metadata }: Pod) =>
  (await bench.containers()).filter(({ Labels }) => Labels[labels.podUid] === metadata.uid);

const sh = (script: string) => ["/bin/sh", "-c", script];

test("a container that ends is started again at once, then backs off; its log is kept", async () => {
  const pod = await bench.createPod({
    command: sh("echo attempt $(hostname); echo last > /dev/termination-log; exit 3"),
  });
  const crashing = await bench.until(pod, (now) => {
    return statusOf(now)?.state?.waiting?.reason === "CrashLoopBackOff" && statusOf(now)?.restartCount === 1;
  });
  const status = statusOf(crashing);
  const { name, uid } = pod.metadata;
  expect(status?.state?.waiting?.message).toBe(
    `back-off 10s restarting failed container=main pod=${name}_default(${uid})`,
  );
  expect(status?.lastState?.terminated).toMatchObject({ exitCode: 3, reason: "Error", message: "last\n" });
  expect(crashing.status?.phase).toBe("Running");
  const address = crashing.status?.podIP;
  await expect
    .poll(() => bench.logs(running.agent, pod, { previous: true }), { timeout: 60_000 })
    .toBe(`attempt ${name}\n`);
  await expect.poll(() => bench.logs(running.agent, pod), { timeout: 60_000 }).toBe(`attempt ${name}\n`);
  const again = await bench.until(crashing, (now) => statusOf(now)?.restartCount === 2);
  expect(again.status?.podIP).toBe(address);
  expect(await bench.events(pod)).toContain(
    `Warning BackOff Back-off restarting failed container main in pod ${name}_default(${uid})`,
  );
  // The oldest is removed beside the start of the newest.
  await expect.poll(() => containersOf(pod), { timeout: 60_000 }).toHaveLength(2);
});

test("the log of the container before the running one can be read", async () => {
  const pod = await bench.createPod(
    {
      command: sh(
        "if [ -e /data/second ]; then echo two; exec sleep 100; fi; touch /data/second; echo one; exit 1",
      ),
      volumeMounts: [{ name: "data", mountPath: "/data" }],
    },
    { volumes: [{ name: "data", emptyDir: {} }] },
  );
  await bench.until(pod, (now) => statusOf(now)?.restartCount === 1 && statusOf(now)?.ready === true);
  await expect.poll(() => bench.logs(running.agent, pod), { timeout: 60_000 }).toBe("two\n");
  await expect
    .poll(() => bench.logs(running.agent, pod, { previous: true }), { timeout: 60_000 })
    .toBe("one\n");
});

test.each([
  ["Never", 0, "Succeeded", "Completed"],
  ["Never", 5, "Failed", "Error"],
  ["OnFailure", 0, "Succeeded", "Completed"],
] as const)("restart policy %s with exit code %i ends as %s", async (restartPolicy, code, phase, reason) => {
  const pod = await bench.createPod({ command: sh(`exit ${code}`) }, { restartPolicy });
  const ended = await bench.until(pod, (now) => now.status?.phase === phase);
  expect(statusOf(ended)?.state?.terminated).toMatchObject({ exitCode: code, reason });
  expect(statusOf(ended)?.restartCount).toBe(0);
});

test("the end of the log serves as last message when that is asked for", async () => {
  const pod = await bench.createPod(
    { command: sh("echo why >&2; exit 2"), terminationMessagePolicy: "FallbackToLogsOnError" },
    { restartPolicy: "Never" },
  );
  const ended = await bench.until(pod, (now) => now.status?.phase === "Failed");
  expect(statusOf(ended)?.state?.terminated?.message).toBe("why\n");
});

test("a container that uses more memory than its limit is OOMKilled", async () => {
  const pod = await bench.createPod(
    { command: sh("exec tail /dev/zero"), resources: { limits: { memory: "24Mi" } } },
    { restartPolicy: "Never" },
  );
  const ended = await bench.until(pod, (now) => now.status?.phase === "Failed");
  expect(statusOf(ended)?.state?.terminated).toMatchObject({ exitCode: 137, reason: "OOMKilled" });
});

test("a liveness probe that fails restarts the container; a startup probe holds it off", async () => {
  const pod = await bench.createPod(
    {
      command: sh("sleep 1; touch /tmp/up; sleep 100"),
      startupProbe: { exec: { command: ["test", "-e", "/tmp/up"] }, periodSeconds: 1, failureThreshold: 30 },
      livenessProbe: {
        exec: { command: ["test", "!", "-e", "/tmp/dead"] },
        periodSeconds: 1,
        failureThreshold: 2,
      },
    },
    { terminationGracePeriodSeconds: 1 },
  );
  const ready = await bench.untilReady(pod);
  expect(statusOf(ready)?.started).toBe(true);
  await bench.exec(ready, "touch /tmp/dead");
  await bench.until(pod, (now) => statusOf(now)?.restartCount === 1);
  const events = await bench.events(pod);
  expect(events).toContain("Normal Killing Container main failed liveness probe, will be restarted");
  expect(events.some((event) => event.startsWith("Warning Unhealthy Liveness probe failed:"))).toBe(true);
});

test("readiness follows its probe both ways", async () => {
  const pod = await bench.createPod({
    command: sh("sleep 100"),
    readinessProbe: {
      exec: { command: ["test", "-e", "/tmp/ready"] },
      periodSeconds: 1,
      failureThreshold: 1,
    },
  });
  const up = await bench.until(pod, (now) => now.status?.phase === "Running");
  expect(statusOf(up)?.ready).toBe(false);
  await bench.exec(up, "touch /tmp/ready");
  await bench.untilReady(pod);
  await bench.exec(up, "rm /tmp/ready");
  const unready = await bench.until(pod, (now) => statusOf(now)?.ready === false);
  const message = "containers with unready status: [main]";
  expect(unready.status?.conditions).toContainEqual(
    expect.objectContaining({ type: "Ready", status: "False", message }),
  );
});

test("a pod is not ready before its postStart hook has ended", async () => {
  const postStart = { exec: { command: sh("sleep 2; touch /tmp/hooked") } };
  const pod = await bench.createPod({ lifecycle: { postStart } });
  const ready = await bench.untilReady(pod);
  expect(await bench.exec(ready, "ls /tmp")).toContain("hooked");
});

test("what cannot start says why", async () => {
  const never = await bench.createPod({ image: "localhost/none/none:1", imagePullPolicy: "Never" });
  const absent = await bench.createPod({ image: "127.0.0.1:9/none/none:1" });
  const config = await bench.createPod({
    env: [{ name: "A", valueFrom: { configMapKeyRef: { name: "none", key: "a" } } }],
  });
  const command = await bench.createPod({ command: ["/bin/none"] });
  const directory = await bench.createPod({ command: ["/bin"] });
  const root = await bench.createPod({ securityContext: { runAsNonRoot: true } });
  const waits = (reason: string) => (now: typeof never) => statusOf(now)?.state?.waiting?.reason === reason;
  await bench.until(never, waits("ErrImageNeverPull"));
  await bench.until(absent, waits("ErrImagePull"));
  await expect(bench.logs(running.agent, absent)).rejects.toThrow(
    /^container "main" in pod "pod-\d+" is waiting to start: /,
  );
  await bench.until(absent, waits("ImagePullBackOff"));
  const unconfigured = await bench.until(config, waits("CreateContainerConfigError"));
  expect(statusOf(unconfigured)?.state?.waiting?.message).toBe('configmap "none" not found');
  const unstarted = await bench.until(command, waits("RunContainerError"));
  expect(statusOf(unstarted)?.state?.waiting?.message).toContain("/bin/none");
  expect(unstarted.status?.phase).toBe("Pending");
  const unrunnable = await bench.until(directory, waits("RunContainerError"));
  expect(statusOf(unrunnable)?.state?.waiting?.message).toContain('exec: "/bin": permission denied');
  const once = await bench.createPod({ command: ["/bin/none"] }, { restartPolicy: "Never" });
  const over = await bench.until(once, (now) => now.status?.phase === "Failed");
  expect(statusOf(over)?.state?.terminated).toMatchObject({ exitCode: 128, reason: "StartError" });
  const refused = await bench.until(root, waits("CreateContainerConfigError"));
  expect(statusOf(refused)?.state?.waiting?.message).toContain("image will run as root");
});
