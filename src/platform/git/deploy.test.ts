import { expect, it } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/log.ts";
import { newObject } from "../../model/kind.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import type { BuildMaker } from "./build-maker.ts";
import { Deployer, type PushSession } from "./deploy.ts";
import type { HookCall } from "./hook-session.ts";
import type { Repositories } from "./repositories.ts";

const call: HookCall = {
  hook: "pre-receive",
  updates: [{ old: undefined, new: "a".repeat(40), ref: "refs/heads/main" }],
  options: [],
  environment: {},
};

it("gives the turn of a push that ended while it waited to the next one", async () => {
  const client = new FakeClient();
  client.seed(newObject<App>(appKind, { name: "shop", namespace: "default" }, { spec: {} }));
  const refusal = Promise.withResolvers<string>();
  const maker = { refusal: () => refusal.promise } as unknown as BuildMaker;
  const repositories = {
    path: () => "/nowhere",
    git: () => Promise.reject(new Error("the branch is new")),
  } as unknown as Repositories;
  const deployer = new Deployer({ client, repositories, maker, clock: systemClock, log: silentLogger });
  const begin = (): PushSession =>
    deployer.begin({
      repository: { namespace: "default", app: "shop" },
      user: { username: "ann", groups: [] },
      signal: new AbortController().signal,
    });
  const [first, second, third] = [begin(), begin(), begin()];
  const firstAnswer = first.answer(call, () => undefined);
  const waits = Promise.withResolvers<void>();
  const secondAnswer = second.answer(call, () => waits.resolve());
  await waits.promise;
  second.end();
  refusal.resolve("it may not be built");
  expect(await firstAnswer).toBe(false);
  first.end();
  expect(await secondAnswer).toBe(false);
  const told: string[] = [];
  expect(await third.answer(call, (line) => void told.push(line))).toBe(false);
  expect(told).toEqual([" !     it may not be built"]);
});
