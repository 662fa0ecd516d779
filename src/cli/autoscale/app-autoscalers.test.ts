import { expect, it } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import {
  horizontalPodAutoscaler,
  type HorizontalPodAutoscaler,
} from "../../model/kinds/autoscaling/horizontalpodautoscaler/horizontalpodautoscaler.ts";
import { app, type App } from "../../model/kinds/nagi/app/app.ts";
import { newObject } from "../../model/kind.ts";
import { command } from "../commands/autoscale.ts";
import { runCommand } from "../testing/command-bench.ts";

const namespace = "default";

function autoscaler(target: string, owner?: string): HorizontalPodAutoscaler {
  const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: target };
  const labels = owner === undefined ? {} : { "nagi.dev/app": owner };
  const metadata = { name: `of-${target}`, namespace, labels };
  return newObject(horizontalPodAutoscaler, metadata, { spec: { scaleTargetRef, maxReplicas: 3 } });
}

it("shows an app's own autoscalers, and not those of one whose name begins alike", async () => {
  const found = newObject<App>(app, { name: "shop", namespace }, {});
  const some = { desired: 1, ready: 1 };
  const shop = { ...found, status: { processes: { web: some, worker: some } } };
  const objects = [
    shop,
    autoscaler("shop-web", "shop"),
    autoscaler("shop-worker"),
    autoscaler("shop-admin-web", "shop-admin"),
    autoscaler("shop-bot-web"),
  ];
  const { out } = await runCommand(command, new FakeClient({ objects }), ["shop"]);
  expect(out.match(/^\S+(?=: )/gm)).toEqual(["web", "worker"]);
});
