/** Apps reach each other by a service's name and address; what stands goes on when Nagi is killed. */

import { afterAll, beforeAll, expect, it } from "vitest";
import { runGuideExample } from "../harness/guide.ts";
import { TestPlatform, until } from "../harness/platform.ts";

let platform: TestPlatform;
beforeAll(async () => {
  platform = await TestPlatform.start({ nodes: 2 });
});
afterAll(() => platform.stop());

const server = `use IO::Socket::INET; $| = 1;
my $listening = IO::Socket::INET->new(LocalPort => 8080, Listen => 64, ReuseAddr => 1) or die;
while (my $socket = $listening->accept) { print $socket "$ENV{HOSTNAME}\\n"; close $socket }`;

const container = (command: readonly string[], more: object = {}) => ({
  name: "main",
  image: "localhost/nagi/base:latest",
  imagePullPolicy: "IfNotPresent",
  command,
  ...more,
});

const objects = [
  {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "hello" },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: "hello" } },
      template: {
        metadata: { labels: { app: "hello" } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [
            container(["perl", "-e", server], {
              readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
              ports: [{ name: "web", containerPort: 8080 }],
            }),
          ],
        },
      },
    },
  },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "hello" },
    spec: { selector: { app: "hello" }, ports: [{ port: 80, targetPort: "web" }] },
  },
  {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "client" },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [container(["bash", "-c", "while sleep 0.1; do cat < /dev/tcp/hello/80; done"])],
    },
  },
];

const serverPods = (): string[] =>
  platform
    .nagi(["get", "pods", "-l", "app=hello", "-o", "name"])
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("/").at(-1) ?? "");

const answers = (): Set<string> => {
  const { stdout } = platform.tryNagi(["logs", "client"]);
  return new Set(stdout.split("\n").filter((line) => line.startsWith("hello-")));
};

function ask(address: string): string {
  return platform.run("timeout", ["2", "bash", "-c", `cat < /dev/tcp/${address}/80`]).stdout.trim();
}

it("leads a name to every ready pod, from another pod", async () => {
  for (const object of objects) platform.nagi(["create", "-f", "-"], { input: JSON.stringify(object) });
  await until(() => serverPods().length === 2, "two pods");
  await until(() => answers().size === 2, "answers of both pods");
  expect(answers()).toEqual(new Set(serverPods()));
});

it("leads the address to a pod, from the host and while Nagi is dead, and follows again afterwards", async () => {
  const address = platform.kubectl(["get", "service", "hello", "-o", "jsonpath={.spec.clusterIP}"]);
  const before = serverPods();
  await until(() => before.includes(ask(address)), "an answer to the host");
  await platform.kill();
  expect(before).toContain(ask(address));
  platform.up();
  expect(before).toContain(ask(address));
  platform.nagi(["delete", "pod", before[0] ?? ""]);
  await until(() => {
    const now = serverPods();
    return now.length === 2 && !now.includes(before[0] ?? "");
  }, "a new pod");
  const fresh = serverPods().find((name) => !before.includes(name)) ?? "";
  await until(() => ask(address) === fresh, "an answer of the new pod");
  await until(() => answers().has(fresh), "an answer of the new pod to the other pod");
});

it("rolls a Deployment forth and back with kubectl, as the guide tells it", () => {
  const { code, stdout } = runGuideExample(platform, "rollouts-and-services.md");
  expect(stdout.match(/^deployment "web" successfully rolled out$/gm)).toHaveLength(3);
  expect(stdout).toMatch(/^2 +<none>$/m);
  expect(stdout).toContain("deployment.apps/web rolled back");
  expect(code, stdout).toBe(0);
});

it("keeps what a pod wrote in its volume for the next one, as the guide tells it", () => {
  const { code, stdout } = runGuideExample(platform, "storage.md");
  expect(stdout).toMatch(/^data +Bound /m);
  expect(stdout.match(/^written by notes$/gm)).toHaveLength(2);
  expect(code, stdout).toBe(0);
});

it("leads from an empty directory to an app that was changed, scaled and rolled back, as the guide tells it", () => {
  const { code, stdout } = runGuideExample(platform, "getting-started.md");
  expect(stdout.match(/^(hello|welcome)$/gm)).toEqual(["hello", "welcome", "hello"]);
  expect(stdout).toMatch(/^=== web: 2 of 2 ready/m);
  expect(code, stdout).toBe(0);
});
