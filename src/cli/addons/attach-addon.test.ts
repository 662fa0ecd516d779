import { expect, it } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { addon, type Addon } from "../../model/kinds/nagi/addon/addon.ts";
import { newObject } from "../../model/kind.ts";
import { command } from "../commands/addons.ts";
import { runCommand } from "../testing/command-bench.ts";

const ref = { namespace: "default", name: "db" };
const attachments = [{ app: "gone", as: "DATABASE" }];
const db = newObject<Addon>(addon, ref, { spec: { service: "postgresql", plan: "small", attachments } });

it("detaches an add-on from an app that went before it had it", async () => {
  const client = new FakeClient({ objects: [db] });
  const { code, out } = await runCommand(command, client, ["detach", "db", "--app", "gone"]);
  expect([code, out]).toEqual([0, "Detached db from gone\n"]);
  expect((await client.get(addon, ref)).spec.attachments ?? []).toEqual([]);
});

it("says of an app that neither is there nor has the add-on that it is not there", async () => {
  const client = new FakeClient({ objects: [db] });
  await expect(runCommand(command, client, ["detach", "db", "--app", "gnoe"])).rejects.toThrow(
    "there is no app gnoe",
  );
});
