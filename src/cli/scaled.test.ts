import { expect, it } from "vitest";
import { FakeClient } from "../client/testing/fake-client.ts";
import { pod, type Pod } from "../model/kinds/core/pod/pod.ts";
import { app, type App } from "../model/kinds/nagi/app/app.ts";
import { newObject } from "../model/kind.ts";
import { aPod } from "../model/testing/builders.ts";
import { command as scale } from "./commands/scale.ts";
import { command as stop } from "./commands/stop.ts";
import { runCommand } from "./testing/command-bench.ts";

const namespace = "default";

const instance = (name: string, process: string, phase: "Running" | "Failed" = "Running"): Pod =>
  aPod({ name, labels: { "nagi.dev/app": "shop", "nagi.dev/process": process }, status: { phase } });

/** The platform says at once that no more are wanted. */
function shop(desired: number, pods: readonly Pod[]): FakeClient {
  const web = { desired: 3, ready: 3 };
  const status = { currentRelease: "shop-v1", latestVersion: 1, processes: { web } };
  const found = newObject<App>(app, { name: "shop", namespace }, { status });
  const client = new FakeClient({ objects: [found, ...pods] });
  client.onCall(({ verb, kind }) => {
    if (verb !== "patch" || kind !== app) return;
    client.seed({ ...found, status: { ...status, processes: { web: { desired, ready: desired } } } });
  });
  return client;
}

/** What of the pods is left when the command has ended; `end` is called when it has looked at them a second time. */
async function leftBy(run: (client: FakeClient) => Promise<unknown>, client: FakeClient, end: string[]) {
  let looks = 0;
  client.onCall(({ verb, kind }) => {
    if (verb !== "list" || kind !== pod || ++looks !== 2) return;
    for (const name of end) void client.delete(pod, { namespace, name }, { gracePeriodSeconds: 0 });
  });
  await run(client);
  return (await client.list(pod)).items.map(({ metadata }) => metadata.name);
}

it("stop returns when the instances have ended", async () => {
  const client = shop(0, [
    instance("web-1", "web"),
    instance("web-2", "web", "Failed"),
    instance("clock-1", "clock"),
  ]);
  const left = await leftBy((each) => runCommand(stop, each, ["web", "--app", "shop"]), client, ["web-1"]);
  expect(left).toEqual(["clock-1", "web-2"]);
});

it("stop --no-wait returns at once", async () => {
  const client = shop(0, [instance("web-1", "web")]);
  await runCommand(stop, client, ["web", "--app", "shop", "--no-wait"]);
  expect((await client.list(pod)).items).toHaveLength(1);
});

it("scale to fewer does not wait for the end of those that are too many", async () => {
  const client = shop(
    1,
    ["web-1", "web-2", "web-3"].map((name) => instance(name, "web")),
  );
  await runCommand(scale, client, ["web=1", "--app", "shop"]);
  expect((await client.list(pod)).items).toHaveLength(3);
});
