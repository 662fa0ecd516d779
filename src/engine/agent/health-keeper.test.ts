import { expect, test } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { EventRecorder } from "../../client/event-recorder.ts";
import { FakeClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/log.ts";
import type { AgentContext } from "./agent-context.ts";
import { HealthKeeper } from "./health-keeper.ts";
import { podOf, recordOf } from "./testing/records.ts";

const postStart = { exec: { command: ["hook"] } };
const container = { name: "main", image: "img", lifecycle: { postStart } };
const record = recordOf();
const place = { podIP: "10.0.0.2", stopping: false };

function keeperOf(exec: () => Promise<unknown>): HealthKeeper {
  const clock = new FakeClock();
  const recorder = new EventRecorder({
    client: new FakeClient({ clock }),
    component: "kubelet",
    host: "node-1",
    clock,
    log: silentLogger,
  });
  const context = { engine: { exec }, clock, runtime: "podman" } as unknown as AgentContext;
  const pod = podOf({ containers: [container] });
  return new HealthKeeper({ context, recorder, pod: () => pod, wake: () => undefined });
}

test("a container is neither started nor ready before its postStart hook has ended", async () => {
  const seen: unknown[] = [];
  const keeper: HealthKeeper = keeperOf(async () => {
    seen.push(look());
    return { exitCode: 0, output: "" };
  });
  const look = (): unknown => {
    keeper.follow([record], place);
    return keeper.of(record.id);
  };
  await keeper.startWithHook(container, async (onCreated) => {
    onCreated(record.id);
    seen.push(look());
    return record;
  });
  expect(seen).toEqual([undefined, undefined]);
  expect(look()).toMatchObject({ started: true, ready: true });
});

test("a container that runs although its start failed is not held back", async () => {
  const keeper = keeperOf(async () => ({ exitCode: 0, output: "" }));
  const start = keeper.startWithHook(container, async (onCreated) => {
    onCreated(record.id);
    throw new Error("no answer");
  });
  await expect(start).rejects.toThrow("no answer");
  keeper.follow([record], place);
  expect(keeper.of(record.id)).toMatchObject({ ready: true });
});
