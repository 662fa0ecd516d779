import { expect, test } from "vitest";
import { readManifest } from "./app-json.ts";

const read = (healthchecks: unknown) => readManifest(JSON.stringify({ healthchecks }));

test("Dokku's health checks become probes", () => {
  const result = read({
    web: [
      { type: "startup", name: "up", path: "/up", attempts: 20, timeout: 3, wait: 2, initialDelay: 1 },
      { type: "readiness", path: "/ready", scheme: "https", httpHeaders: [{ name: "X-A", value: "b" }] },
      { type: "liveness", listening: true, port: 9000 },
    ],
    worker: [{ type: "liveness", command: ["bin/alive", "--quick"] }],
  });
  expect(result).toMatchObject({ ok: true, notices: [] });
  expect(result.ok && result.manifest.healthchecks).toEqual({
    web: {
      startup: {
        httpGet: { path: "/up", port: "http" },
        failureThreshold: 20,
        timeoutSeconds: 3,
        periodSeconds: 2,
        initialDelaySeconds: 1,
      },
      readiness: {
        httpGet: {
          path: "/ready",
          port: "http",
          scheme: "HTTPS",
          httpHeaders: [{ name: "X-A", value: "b" }],
        },
      },
      liveness: { tcpSocket: { port: 9000 } },
    },
    worker: { liveness: { exec: { command: ["bin/alive", "--quick"] } } },
  });
});

test("what has no meaning here is told", () => {
  const result = read({
    web: [
      { type: "startup", uptime: 5 },
      { path: "/", content: "ok", colour: "red" },
    ],
  });
  expect(result.ok && result.notices).toEqual([
    "healthchecks.web[0].uptime is ignored: a process that ends is started again anyway",
    "healthchecks.web[0] is ignored: it has no path, command or listening",
    "healthchecks.web[1].content is ignored: the status of the answer decides",
    "healthchecks.web[1].colour is ignored: Nagi does not know this field",
  ]);
});

test.each([
  [{ web: {} }, "healthchecks.web is {}: must be a list"],
  [{ web: [{ type: "ready", path: "/" }] }, 'healthchecks.web[0].type is "ready": must be one of'],
  [
    { web: [{ path: "/", attempts: 0 }] },
    "healthchecks.web[0].attempts is 0: must be a whole number, 1 or more",
  ],
  [{ web: [{ path: "/", port: 70_000 }] }, "healthchecks.web[0].port is 70000: must be at most 65535"],
  [{ worker: [{ path: "/" }] }, "healthchecks.worker[0].port is missing: only web has a port"],
  [{ web: [{ path: "/" }, { path: "/b" }] }, 'healthchecks.web[1].type is "startup": web has such a check'],
  [{ web: [{ command: [] }] }, "healthchecks.web[0].command is []: must be a list of words"],
  [{ "We b": [] }, "healthchecks.We b is not a process type"],
])("what is wrong with %j", (given, message) => {
  const result = read(given);
  expect(result.ok ? "" : result.message).toContain(message);
});
