/** The scheduler against the real API server, as it would run on another machine: over HTTPS, with a token. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { HttpsClient } from "../../src/client/https-client.ts";
import { waitFor } from "../../src/client/wait-for.ts";
import { startTestServer, type TestServer } from "../../src/engine/apiserver/testing/test-server.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLogger } from "../../src/lib/log.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { event } from "../../src/model/kinds/core/event/event.ts";
import { node, type Node } from "../../src/model/kinds/core/node/node.ts";
import { pod, type Pod } from "../../src/model/kinds/core/pod/pod.ts";
import { schedulingDecision } from "../../src/model/kinds/nagi/schedulingdecision/schedulingdecision.ts";
import { newObject } from "../../src/model/kind.ts";
import { renderDecision } from "../../src/cli/scheduling/decision-text.ts";
import { createScheduler } from "../../src/scheduler/loop/scheduler.ts";

let server: TestServer;
let client: HttpsClient;
const stop = new AbortController();
let running: Promise<void>;

beforeAll(async () => {
  server = await startTestServer();
  const { port } = await server.listen();
  const connection = {
    server: `https://127.0.0.1:${port}`,
    ca: server.caPem,
    token: server.server.tokenOf("admin"),
    namespace: "default",
  };
  client = new HttpsClient({ connection, clock: systemClock });
  const options = { client, clock: systemClock, random: seededRandom(1), log: silentLogger };
  running = createScheduler({ ...options, schedulerName: "second", seed: 3 }).run(stop.signal);
});

afterAll(async () => {
  stop.abort();
  await running;
  client.close();
  await server[Symbol.asyncDispose]();
});

const options = { clock: systemClock, timeoutMs: 20_000 };
const refOf = (name: string) => ({ namespace: "default", name });

function aPod(name: string): Pod {
  const ports = [{ containerPort: 80, hostPort: 8080 }];
  const containers = [{ name: "main", image: "example.com/hello", ports }];
  return newObject<Pod>(pod, refOf(name), { spec: { schedulerName: "second", containers } });
}

test("places, explains, lets wait, and wakes", async () => {
  await server.client.create(node, newObject<Node>(node, { name: "node-1" }, {}));
  const allocatable = { cpu: "2", memory: "2Gi", pods: "10" };
  const body = { status: { allocatable, capacity: allocatable } };
  await server.client.patch(node, { name: "node-1" }, { type: "merge", body }, { subresource: "status" });
  await server.client.create(pod, aPod("first"));
  await waitFor(
    client,
    { kind: pod, ref: refOf("first"), until: (found) => found?.spec.nodeName === "node-1" },
    options,
  );
  await server.client.create(pod, aPod("second"));
  const waiting = (found: Pod | undefined): boolean =>
    (found?.status?.conditions ?? []).some(({ reason }) => reason === "Unschedulable");
  await waitFor(client, { kind: pod, ref: refOf("second"), until: waiting }, options);
  const why = await waitFor(
    client,
    { kind: schedulingDecision, ref: refOf("second"), until: (found) => found !== undefined },
    options,
  );
  expect(renderDecision(why ?? ({} as never), { width: 120 })).toContain(
    "port 8080/TCP is held by default/first",
  );
  await server.client.delete(pod, refOf("first"), { gracePeriodSeconds: 0 });
  await waitFor(
    client,
    { kind: pod, ref: refOf("second"), until: (found) => found?.spec.nodeName === "node-1" },
    options,
  );
  await waitFor(
    client,
    {
      kind: schedulingDecision,
      ref: refOf("second"),
      until: (found) => found?.spec.outcome === "Scheduled",
    },
    options,
  );
  const bound = await client.get(pod, refOf("second"));
  expect(bound.status?.conditions?.filter(({ type }) => type === "PodScheduled")).toMatchObject([
    { status: "True" },
  ]);
  const reasons = (await client.list(event, { namespace: "default" })).items
    .filter(({ involvedObject }) => involvedObject?.name === "second")
    .map(({ reason }) => reason);
  expect(reasons).toContain("FailedScheduling");
  expect(server.errors).toEqual([]);
});
