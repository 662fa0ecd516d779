import { expect, test } from "vitest";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { release, type Release } from "../../model/kinds/nagi/release/release.ts";
import { newObject } from "../../model/kind.ts";
import { podTemplate, processOptions, shellCommand } from "./pod-template.ts";

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

test("a volume is a claim that the container sees, once or in several places", () => {
  const volumes = [
    { claim: "data", path: "/data" },
    { claim: "data", path: "/old", readOnly: true },
    { claim: "logs", path: "/logs" },
  ];
  const { spec } = podTemplate({ release: made, process: "web", options: { volumes } });
  expect(spec?.volumes).toEqual([
    { name: "data", persistentVolumeClaim: { claimName: "data" } },
    { name: "logs", persistentVolumeClaim: { claimName: "logs" } },
  ]);
  expect(spec?.containers[0]?.volumeMounts).toEqual([
    { name: "data", mountPath: "/data" },
    { name: "data", mountPath: "/old", readOnly: true },
    { name: "logs", mountPath: "/logs" },
  ]);
});

test("volumes are of the process type that they name, web when none", () => {
  const app = newObject<App>(
    appKind,
    { name: "shop" },
    { spec: { volumes: [{ claim: "data", path: "/data" }] } },
  );
  expect(processOptions(app, "web").volumes).toHaveLength(1);
  expect(processOptions(app, "worker").volumes).toBeUndefined();
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
