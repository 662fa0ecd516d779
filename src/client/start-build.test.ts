import { expect, it } from "vitest";
import { newObject } from "../model/kind.ts";
import { build, type Build } from "../model/kinds/build/build/build.ts";
import { buildConfig, type BuildConfig } from "../model/kinds/build/buildconfig/buildconfig.ts";
import { startBuild } from "./start-build.ts";
import { FakeClient } from "./testing/fake-client.ts";

const ref = { namespace: "default", name: "shop" };
const git = { uri: "http://git.test/shop.git", ref: "main" };

it("numbers builds after all that have the name, and labels them", async () => {
  const client = new FakeClient();
  const spec = { source: { git }, strategy: { type: "Nagi" as const }, runPolicy: "Parallel" as const };
  client.seed(newObject<BuildConfig>(buildConfig, { ...ref, labels: { "nagi.dev/app": "shop" } }, { spec }));
  client.seed(newObject<Build>(build, { ...ref, name: "shop-4" }, { spec: { strategy: {} } }));
  const made = await startBuild(client, ref, { cause: "By hand", commit: "abc" });
  expect(made.metadata).toMatchObject({
    name: "shop-5",
    labels: { "nagi.dev/app": "shop", buildconfig: "shop", "openshift.io/build.start-policy": "Parallel" },
    ownerReferences: [{ kind: "BuildConfig", name: "shop", controller: true }],
  });
  expect(made.spec).toEqual({
    source: { type: "Git", git: { ...git, ref: "abc" } },
    revision: { type: "Git", git: { commit: "abc" } },
    strategy: { type: "Nagi" },
    triggeredBy: [{ message: "By hand" }],
  });
  expect((await client.get(buildConfig, ref)).status?.lastVersion).toBe(5);
  expect((await startBuild(client, ref, { cause: "Again" })).metadata.name).toBe("shop-6");
});
