import { expect, it } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { app } from "../../model/kinds/nagi/app/app.ts";
import { route, type Route } from "../../model/kinds/route/route/route.ts";
import { newObject } from "../../model/kind.ts";
import { runCommand } from "../testing/command-bench.ts";
import { command } from "./maintenance.ts";

it("says what a text may be, in words of the command that was given", async () => {
  const metadata = { name: "shop", namespace: "default" };
  const spec = { host: "shop.localhost", to: { kind: "Service", name: "shop" } } as const;
  const own = newObject<Route>(route, { ...metadata, labels: { "nagi.dev/app": "shop" } }, { spec });
  const client = new FakeClient({ objects: [newObject(app, metadata, {}), own] });
  await expect(runCommand(command, client, ["on", "Gleich zurück", "--app", "shop"])).rejects.toThrow(
    'the text of nagi maintenance on is "Gleich zurück": it must be on, or one line of at most 500 characters of ASCII that is shown',
  );
});
