import { expect, test } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { FakeClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/log.ts";
import { newObject } from "../../model/kind.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import {
  housekeeping,
  housekeepingName,
  type Housekeeping,
} from "../../model/kinds/nagi/housekeeping/housekeeping.ts";
import { Housekeeper } from "./housekeeper.ts";

const ref = { name: housekeepingName };

function houseWith(spec: Housekeeping["spec"]): { client: FakeClient; housekeeper: Housekeeper } {
  const clock = new FakeClock();
  const finishedAt = new Date(clock.now()).toISOString();
  const state = { terminated: { exitCode: 0, finishedAt } };
  const ended = newObject<Pod>(
    pod,
    { namespace: "default", name: "ended" },
    {
      spec: { containers: [{ name: "main", image: "a" }] },
      status: { phase: "Succeeded", containerStatuses: [{ name: "main", state }] } as Pod["status"],
    },
  );
  const client = new FakeClient({
    clock,
    objects: [ended, newObject<Housekeeping>(housekeeping, ref, { spec })],
  });
  clock.advance(10 * 24 * 3_600_000);
  return { client, housekeeper: new Housekeeper({ client, clock, log: silentLogger }) };
}

test("a full disk takes what is old", async () => {
  const { client, housekeeper } = houseWith({});
  await housekeeper.keepHouse("DiskFull");
  expect((await client.list(pod)).items).toEqual([]);
  expect((await client.get(housekeeping, ref)).status).toMatchObject({ reason: "DiskFull", removed: 1 });
});

test("a full disk takes nothing while that is suspended", async () => {
  const { client, housekeeper } = houseWith({ suspend: true });
  await housekeeper.keepHouse("DiskFull");
  expect((await client.list(pod)).items).toHaveLength(1);
  expect((await client.get(housekeeping, ref)).status).toBeUndefined();
});
