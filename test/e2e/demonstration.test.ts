/** The demonstration of the study notes, word for word: two pods that want the same port of a node. */

import { afterAll, beforeAll, expect, it } from "vitest";
import { TestPlatform, until } from "../harness/platform.ts";

let platform: TestPlatform;
beforeAll(async () => {
  platform = await TestPlatform.start({ nodes: 1 });
});
afterAll(() => platform.stop());

function helloPod(name: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: "hello" } },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: "hello",
          image: "localhost/nagi/base",
          command: ["sleep", "infinity"],
          ports: [{ containerPort: 8080, hostPort: 6061 }],
        },
      ],
    },
  });
}

interface PodObject {
  readonly status: {
    readonly phase: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
    }[];
  };
}

function pod(name: string): PodObject {
  return JSON.parse(platform.nagi(["get", "pod", name, "-o", "json"])) as PodObject;
}

it("shows the nodes", () => {
  expect(platform.nagi(["get", "nodes"])).toMatch(/^NAME +STATUS +ROLES +AGE +VERSION\nnode-1 +Ready /);
});

it("keeps a second pod with the same port pending, says why, and runs it when the first is gone", async () => {
  platform.nagi(["create", "-f", "-"], { input: helloPod("hello-1") });
  await until(() => pod("hello-1").status.phase === "Running", "hello-1 to run");

  platform.nagi(["create", "-f", "-"], { input: helloPod("hello-2") });
  const reason = "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.";
  const scheduled = () => pod("hello-2").status.conditions?.find(({ type }) => type === "PodScheduled");
  await until(() => scheduled()?.message?.startsWith(reason) === true, "the reason on the pod");
  expect(pod("hello-2").status.phase).toBe("Pending");
  await until(() => platform.nagi(["events"]).includes(reason), "the event");
  expect(platform.nagi(["events", "--for", "pod/hello-2"])).toMatch(/FailedScheduling/);
  await until(() => platform.tryNagi(["why", "hello-2"]).code === 0, "the decision");
  const why = platform.nagi(["why", "hello-2"]);
  expect(why).toContain("node-1");
  expect(why).toMatch(/free ports/);

  const watching = platform.follow("nagi", ["get", "pods", "--watch"]);
  await until(() => watching.lines.some((line) => /^hello-2 .*Pending/.test(line)), "the watch to begin");
  platform.nagi(["delete", "pod", "hello-1"]);
  await until(() => watching.lines.some((line) => /^hello-2 +1\/1 +Running/.test(line)), "hello-2 to run");
  await watching.stop();
  expect(platform.nagi(["why", "hello-2"])).toMatch(/node-1/);
});

it("says the same to kubectl", () => {
  expect(platform.kubectl(["get", "pods"])).toMatch(/hello-2 +1\/1 +Running/);
  expect(platform.kubectl(["describe", "pod", "hello-2"])).toMatch(/FailedScheduling/);
});
