import { expect, test } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { FakeClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/log.ts";
import { lease } from "../../model/kinds/coordination/lease/lease.ts";
import { NodeRegistrar } from "./node-registrar.ts";

test("the lease is renewed though the machine cannot be looked at", async () => {
  const client = new FakeClient();
  const end = new AbortController();
  const registrar = new NodeRegistrar({
    client,
    definition: { name: "node-1", address: "127.0.0.1" },
    facts: async () => {
      throw new Error("no such folder");
    },
    clock: new FakeClock(),
    log: silentLogger,
  });
  const running = registrar.run(end.signal);
  await expect
    .poll(async () => (await client.list(lease)).items.map(({ spec }) => spec?.holderIdentity))
    .toEqual(["node-1"]);
  end.abort();
  await running;
});
