import { expect, it } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { app } from "../../model/kinds/nagi/app/app.ts";
import { newObject } from "../../model/kind.ts";
import { runCommand } from "../testing/command-bench.ts";
import { command } from "./releases.ts";

it.each([
  [["shp"], "there is no app shp"],
  [["info", "--app", "shp"], "there is no app shp"],
  [["info", "--app", "shop"], "app shop has no release yet"],
])("%j is told that %s", async (words, message) => {
  const shop = newObject(app, { name: "shop", namespace: "default" }, {});
  await expect(runCommand(command, new FakeClient({ objects: [shop] }), words)).rejects.toThrow(message);
});

it("says of an app that is there how to deploy it", async () => {
  const shop = newObject(app, { name: "shop", namespace: "default" }, {});
  const { code, err } = await runCommand(command, new FakeClient({ objects: [shop] }), ["shop"]);
  expect([code, err]).toEqual([0, "App shop has no release yet. Deploy it: git push nagi main\n"]);
});
