import { createServer } from "node:http";
import { mkdtempDisposableSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FakeClock } from "../../lib/clock.ts";
import { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import { removalGiveUpMs } from "./limits.ts";
import { PodRemoval } from "./pod-removal.ts";
import { recordOf } from "./testing/records.ts";

/** An engine that removes no container whose id begins with `stuck`, and none at all while it is out of order. */
async function openEngine() {
  const folder = mkdtempDisposableSync(join(tmpdir(), "nagi-removal-"));
  const state = { running: false, outOfOrder: false };
  const server = createServer((request, response) => {
    const isStuck = request.url?.includes("/containers/stuck") === true;
    const [status, body] = state.outOfOrder
      ? [500, { message: "database is locked" }]
      : request.method === "DELETE"
        ? isStuck
          ? [500, { message: "container is being removed" }]
          : [204, undefined]
        : [200, { State: { Status: state.running ? "running" : "removing", Running: state.running } }];
    response.writeHead(status, { "content-type": "application/json" });
    response.end(body === undefined ? "" : JSON.stringify(body));
  });
  const socket = join(folder.path, "engine.sock");
  server.listen(socket);
  await once(server, "listening");
  return {
    engine: new ContainerEngine(socket),
    state,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      folder.remove();
    },
  };
}

function removalOf(engine: ContainerEngine) {
  const clock = new FakeClock();
  const removed: string[] = [];
  const told: string[] = [];
  const removal = new PodRemoval({
    context: { engine, clock },
    onRemoved: async ({ id }) => void removed.push(id),
    onStuck: (text) => void told.push(text),
  });
  return { removal, clock, removed, told };
}

const records = [
  recordOf({ id: "pause", role: "pause", state: "exited" }),
  recordOf({ id: "stuck-container", state: "exited" }),
];

test("a container that stays is told of and tried again, and holds the pod up for a while only", async () => {
  await using fake = await openEngine();
  const { removal, clock, removed, told } = removalOf(fake.engine);
  await expect(removal.removeAll(records)).rejects.toThrow("container is being removed");
  expect(removed).toEqual([]);
  expect(told[0]).toMatch(/does not remove the container stuck-contai.*\(its state is removing\).*podman rm/);
  clock.advance(removalGiveUpMs);
  await removal.removeAll(records);
  expect(removed).toEqual(["pause"]);
});

test("one that runs is never let go of, nor while the engine answers nothing", async () => {
  await using fake = await openEngine();
  const { removal, clock } = removalOf(fake.engine);
  fake.state.running = true;
  await expect(removal.removeAll(records)).rejects.toThrow("container is being removed");
  fake.state.running = false;
  await expect(removal.removeAll(records)).rejects.toThrow("its state is removing");
  clock.advance(removalGiveUpMs);
  fake.state.outOfOrder = true;
  await expect(removal.removeAll(records)).rejects.toThrow("database is locked");
});
