import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pod as podKind } from "../../model/kinds/core/pod/pod.ts";
import { refOf } from "../../model/meta.ts";
import { AgentBench, type RunningAgent } from "./testing/agent-bench.ts";

let bench: AgentBench;
let running: RunningAgent;

beforeAll(async () => {
  bench = await AgentBench.open({ verbose: false });
  running = await bench.startAgent();
});

afterAll(async () => {
  await running.stop();
  await bench.close();
});

test("a pod runs, is ready, can be reached, logs, and goes", async () => {
  const pod = await bench.createPod({
    command: [
      "/bin/sh",
      "-c",
      "echo hello $GREETED; mkdir -p /tmp/w; echo $(GREETED) > /tmp/w/index.html; exec httpd -f -p 8080 -h /tmp/w",
    ],
    env: [{ name: "GREETED", value: "world" }],
    readinessProbe: { httpGet: { path: "/", port: 8080 }, periodSeconds: 1 },
  });
  const ready = await bench.untilReady(pod);
  const { status } = ready;
  expect(status?.phase).toBe("Running");
  expect(status?.hostIP).toBe("127.0.0.1");
  const response = await fetch(`http://${status?.podIP}:8080/`);
  expect(await response.text()).toBe("world\n");
  await expect.poll(() => bench.logs(running.agent, pod), { timeout: 60_000 }).toBe("hello world\n");
  expect(await bench.exec(ready, "hostname")).toBe(`${pod.metadata.name}\n`);
  expect(await bench.exec(ready, "cat /etc/hosts")).toContain(`${status?.podIP}\t${pod.metadata.name}`);
  const [container] = await bench.containers();
  const { State } = await bench.host.engine.inspectContainer(container?.Id ?? "");
  const groups = await readFile(`/proc/${State.Pid}/cgroup`, "utf8");
  // With systemd it has a slice of its own kind.
  expect(groups).toMatch(new RegExp(`/nagi-${bench.instance}/|[.]slice/`));
  // The first probe may come before the server listens.
  const events = (await bench.events(pod)).filter((line) => !line.startsWith("Warning Unhealthy"));
  expect(events).toEqual([
    `Normal Pulled Container image "${bench.image}" already present on machine`,
    "Normal Created Created container: main",
    "Normal Started Started container main",
  ]);
  await bench.client.delete(podKind, refOf(pod), { gracePeriodSeconds: 1 });
  await bench.untilGone(pod);
  expect((await bench.containers()).length).toBe(0);
});
