import { expect, test } from "vitest";
import { event, type Event } from "../../model/kinds/core/event/event.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { newObject } from "../../model/kind.ts";
import { failedCheck } from "./failed-check.ts";
import { worstProblem, type FailedCheck } from "./failure-reason.ts";

function told(message: string, firstTimestamp: string, lastTimestamp = firstTimestamp): Event {
  return newObject<Event>(
    event,
    { name: "e" },
    { involvedObject: {}, message, firstTimestamp, lastTimestamp },
  );
}

test("the check that failed last counts, since it failed first", () => {
  expect(
    failedCheck([
      told("Readiness probe failed: connection refused", "2026-01-01T00:00:01Z"),
      told("Liveness probe failed: statuscode: 503\n", "2026-01-01T00:00:02Z", "2026-01-01T00:00:09Z"),
      told("Something else", "2026-01-01T00:00:10Z"),
    ]),
  ).toEqual({ check: "liveness", message: "statuscode: 503", since: "2026-01-01T00:00:02Z" });
  expect(failedCheck([])).toBeUndefined();
});

function aPod(state: object, probe: object): Pod {
  const status = { name: "web", ready: false, restartCount: 1, image: "i", imageID: "", state };
  return newObject<Pod>(
    pod,
    { name: "p", labels: { "nagi.dev/process": "web" } },
    {
      spec: { containers: [{ name: "web", readinessProbe: probe }] },
      status: { containerStatuses: [status] },
    },
  );
}

const failed = (check: FailedCheck["check"]) => () => ({ check, message: "503", since: "12:00:00" });
const http = { httpGet: { path: "/up", port: 80 } };

test("an instance that is not ready says what was asked and what came back", () => {
  const running = aPod({ running: {} }, http);
  expect(worstProblem([running], failed("readiness"))?.text).toBe(
    "web: it runs, but is not ready: its readiness check has failed since 12:00:00: 503",
  );
  expect(worstProblem([running])?.text).toBe("web: it runs, but is not ready");
});

test("an instance that a check had restarted says so", () => {
  const ended = aPod({ terminated: { exitCode: 143 } }, http);
  expect(worstProblem([ended], failed("liveness"))?.text).toBe(
    "web: the process ended, exit code 143; its liveness check has failed since 12:00:00: 503",
  );
});
