import { expect, test } from "vitest";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import type { Probe } from "../../model/kinds/core/pod/probe.ts";
import { newObject } from "../../model/kind.ts";
import { changedProbe } from "./changed-check.ts";

const found = newObject<App>(appKind, { name: "shop" }, { spec: { port: 3000 } });

function change(
  options: Readonly<Record<string, string | number | boolean>>,
  present?: Probe,
  process = "web",
) {
  const context = {
    text: (name: string) => options[name] as string | undefined,
    number: (name: string) => options[name] as number | undefined,
    flag: (name: string) => options[name] === true,
  };
  return changedProbe({ context, found, process, present, type: "readiness" });
}

const times = { periodSeconds: 5, timeoutSeconds: 1, failureThreshold: 3, initialDelaySeconds: 0 };

test.each([
  [{ http: "/up" }, { httpGet: { path: "/up", port: "http" }, ...times }],
  [
    { tcp: true, port: 9000 },
    { tcpSocket: { port: 9000 }, ...times },
  ],
  [{ command: "test -f up" }, { exec: { command: ["/bin/sh", "-c", "test -f up"] }, ...times }],
  [
    { grpc: true, service: "a.B" },
    { grpc: { port: 3000, service: "a.B" }, ...times },
  ],
  [
    { http: "/", interval: "10s", timeout: "2s", failures: 5, delay: "1m" },
    {
      httpGet: { path: "/", port: "http" },
      periodSeconds: 10,
      timeoutSeconds: 2,
      failureThreshold: 5,
      initialDelaySeconds: 60,
    },
  ],
])("%j asks what it says", (options, probe) => expect(change(options).probe).toEqual(probe));

test("only times are changed of what is there", () => {
  const present = { httpGet: { path: "/up", port: 80 }, periodSeconds: 20, timeoutSeconds: 4 };
  const { probe, patch } = change({ failures: 9 }, present);
  expect(probe).toMatchObject({ ...present, failureThreshold: 9 });
  expect(patch).toMatchObject({
    httpGet: { path: "/up", port: 80 },
    exec: null,
    tcpSocket: null,
    grpc: null,
  });
});

test.each([
  [{ http: "/", tcp: true }, "web", "--http and --tcp do not go together"],
  [{ http: "up" }, "web", '--http is "up": must be a path that begins with /'],
  [{ tcp: true }, "worker", "worker has no port of its own"],
  [{ tcp: true, port: 0 }, "web", "--port is 0: must be a whole number from 1 to 65535"],
  [{ tcp: true, interval: "500ms" }, "web", "--interval is 500ms: must be whole seconds, 1s or more"],
  [{ tcp: true, failures: 0 }, "web", "--failures is 0"],
  [{ interval: "5s" }, "worker", "there is no readiness check of worker yet"],
])("%j of %s: %s", (options, process, message) => {
  expect(() => change(options, undefined, process)).toThrow(message);
});
