import { expect, test } from "vitest";
import { release, type Release } from "../../model/kinds/nagi/release/release.ts";
import { newObject } from "../../model/kind.ts";
import { podTemplate, shellCommand } from "./pod-template.ts";

const made = newObject<Release>(
  release,
  { name: "shop-v3" },
  {
    spec: {
      app: "shop",
      version: 3,
      image: "r/shop:1",
      port: 3000,
      processes: { web: { command: "node a.js" }, worker: {} },
      configSecret: "shop-v3",
    },
  },
);

test("web listens on PORT, is asked whether it does, and drains before it stops", () => {
  const { metadata, spec } = podTemplate({ release: made, process: "web", options: {} });
  expect(metadata?.labels).toEqual({
    "nagi.dev/app": "shop",
    "nagi.dev/process": "web",
    "nagi.dev/release": "v3",
  });
  const [container] = spec?.containers ?? [];
  expect(container).toMatchObject({
    image: "r/shop:1",
    command: ["/bin/sh", "-c", "exec node a.js"],
    ports: [{ name: "http", containerPort: 3000 }],
    readinessProbe: { tcpSocket: { port: 3000 } },
    lifecycle: { preStop: { sleep: {} } },
    envFrom: [{ secretRef: { name: "shop-v3" } }],
  });
  expect(container?.env).toContainEqual({ name: "PORT", value: "3000" });
  expect(container?.env).toContainEqual({ name: "NAGI_RELEASE", value: "v3" });
});

test("another process type runs the image's command, without a port", () => {
  const [container] = podTemplate({ release: made, process: "worker", options: {} }).spec?.containers ?? [];
  expect([container?.command, container?.ports, container?.readinessProbe]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test.each([
  ["node server.js --port $PORT", "exec node server.js --port $PORT"],
  ["  bin/run 'a b' ", "exec bin/run 'a b'"],
  ["A=1 node x", "A=1 node x"],
  ["cd app && node x", "cd app && node x"],
  ["cd app", "cd app"],
  ["node x | tee log", "node x | tee log"],
  ["exec node x", "exec node x"],
  ["a; b", "a; b"],
  ["node $(pwd)/x", "node $(pwd)/x"],
])("%j becomes %j", (command, expected) => {
  expect(shellCommand(command)).toEqual(["/bin/sh", "-c", expected]);
});
