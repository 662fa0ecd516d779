import { expect, test } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { newObject } from "../../model/kind.ts";
import { app, type App } from "../../model/kinds/nagi/app/app.ts";
import { release, type Release } from "../../model/kinds/nagi/release/release.ts";
import { currentRelease } from "./current-release.ts";

const namespace = "default";
const aRelease = (version: number, name = "shop"): Release =>
  newObject<Release>(
    release,
    { namespace, name: `${name}-v${version}`, labels: { "nagi.dev/app": name } },
    { spec: { app: name, version, image: `r/${name}:${version}`, processes: {}, configSecret: "c" } },
  );
const shop = (current?: string): App =>
  newObject<App>(app, { namespace, name: "shop" }, { spec: {}, status: { currentRelease: current } });
const client = new FakeClient({
  objects: [aRelease(9), aRelease(10), aRelease(11), aRelease(12, "other")],
});

test.each([
  ["that serves, though another is newer", "shop-v10", "shop-v10"],
  ["that is newest, while none serves", undefined, "shop-v11"],
  ["that is newest, when the one that served is gone", "shop-v1", "shop-v11"],
])("the release %s", async (_name, current, expected) => {
  expect((await currentRelease(client, shop(current)))?.metadata.name).toBe(expected);
});

test("none of an app that was never deployed", async () => {
  expect(await currentRelease(new FakeClient(), shop())).toBeUndefined();
});
