import { expect, test } from "vitest";
import { event, type Event } from "../../model/kinds/core/event/event.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { newObject } from "../../model/kind.ts";
import { askedText, failingChecks } from "./check-text.ts";

test.each([
  [{ httpGet: { path: "/up", port: "http" } }, "HTTP GET /up on its port"],
  [{ httpGet: { port: 9000, scheme: "HTTPS" as const } }, "HTTPS GET / on port 9000"],
  [{ tcpSocket: { port: 5432 } }, "TCP connection to port 5432"],
  [{ grpc: { port: 50_051, service: "shop.Cart" } }, "gRPC health of shop.Cart on port 50051"],
  [{ exec: { command: ["/bin/sh", "-c", "test -f /tmp/up"] } }, "command test -f /tmp/up"],
  [{ exec: { command: ["bin/alive", "-q"] } }, "command bin/alive -q"],
])("%j is: %s", (probe, text) => expect(askedText(probe)).toBe(text));

const nowMs = Date.parse("2026-01-01T12:00:00Z");
const ago = (seconds: number) => new Date(nowMs - seconds * 1000).toISOString();

function aPod(name: string, ready: "True" | "False"): Pod {
  const status = { conditions: [{ type: "Ready", status: ready }] };
  return newObject<Pod>(pod, { name, uid: name }, { spec: { containers: [] }, status });
}

function failed(uid: string, message: string, count: number, [first, last]: [number, number]): Event {
  const times = { firstTimestamp: ago(first), lastTimestamp: ago(last), count };
  return newObject<Event>(event, { name: message }, { involvedObject: { uid }, message, ...times });
}

test("what was asked, what came back, since when, of pods that are not ready", () => {
  const events = [
    failed("a", "Readiness probe failed: old", 1, [90, 90]),
    failed("a", "Readiness probe failed: HTTP probe failed with statuscode: 503", 7, [40, 2]),
    failed("b", "Readiness probe failed: it is well now", 1, [50, 50]),
    failed("c", "Liveness probe failed: command ended", 1, [5, 5]),
  ];
  const pods = [aPod("a", "False"), aPod("b", "True"), aPod("c", "False"), aPod("d", "False")];
  expect(failingChecks(pods, events, { nameOf: ({ metadata }) => metadata.name ?? "", nowMs })).toEqual([
    "a: readiness check failed 7 times since 40s ago, last 2s ago: HTTP probe failed with statuscode: 503",
    "c: liveness check failed 5s ago: command ended",
  ]);
});
