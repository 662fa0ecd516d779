import { describe, expect, it } from "vitest";
import { newObject } from "../../model/kind.ts";
import { build as buildKind, type Build } from "../../model/kinds/build/build/build.ts";
import { app as appKind, type App, type AppSpec } from "../../model/kinds/nagi/app/app.ts";
import { webhook as webhookKind, type Webhook } from "../../model/kinds/nagi/webhook/webhook.ts";
import type { WebhookDelivery } from "../../model/kinds/nagi/webhookdelivery/webhookdelivery.ts";
import { decide } from "./decide.ts";
import { deliveriesMax, deliveryAnnotation, newDelivery, tooOld } from "./delivery-objects.ts";

const hook = newObject<Webhook>(
  webhookKind,
  { namespace: "default", name: "shop-1" },
  { spec: { app: "shop", provider: "github", secretRef: { name: "s", key: "secret" } } },
);
const git: AppSpec = { source: { git: { uri: "https://git.test/shop", ref: "main" } } };
const app = (spec = git): App => newObject<App>(appKind, { name: "shop" }, { spec });
const hash = (digit: number): string => String(digit).repeat(40);

function delivery(commit: number, more: object = {}, phase?: "Built"): WebhookDelivery {
  const event = {
    kind: "Push",
    event: "push",
    ref: "refs/heads/main",
    commit: hash(commit),
    before: hash(commit - 1),
  } as const;
  const made = newDelivery(hook, { ...event, ...more }, `id-${commit}`);
  return phase === undefined ? made : { ...made, status: { phase } };
}

function build(name: string, of: WebhookDelivery, phase: "New" | "Pending" | "Running" | "Complete"): Build {
  const annotations = { [deliveryAnnotation]: of.metadata.name ?? "" };
  const spec = { strategy: { type: "Nagi" as const }, revision: { git: { commit: of.spec.commit } } };
  return { ...newObject<Build>(buildKind, { name, annotations }, { spec }), status: { phase } };
}

const input = { hook, app: app(), builds: [], deliveries: [] };

describe("decide", () => {
  it("builds what is pushed to the app's branch", () => {
    const decided = decide({ ...input, delivery: delivery(2) });
    expect(decided).toEqual({ phase: "Built", ref: "main", commit: hash(2), supersedes: [] });
  });

  it("says what an app without a repository lacks", () => {
    expect(decide({ ...input, app: app({}), delivery: delivery(2) })).toMatchObject({
      phase: "Failed",
      reason: "NoGitSource",
    });
  });

  it("drops builds of the branch that wait, and leaves those that run and those of other branches", () => {
    const told = [
      delivery(2, {}, "Built"),
      delivery(3, {}, "Built"),
      delivery(4, { ref: "refs/heads/dev" }, "Built"),
    ];
    const [two, three, other] = told as [WebhookDelivery, WebhookDelivery, WebhookDelivery];
    const builds = [
      build("shop-1", two, "Running"),
      build("shop-2", three, "Pending"),
      build("shop-3", other, "New"),
    ];
    const decided = decide({ ...input, builds, deliveries: told, delivery: delivery(5) });
    expect(decided).toMatchObject({ phase: "Built", supersedes: ["shop-2"] });
  });

  it("does not go back to what is older, unless that is replayed", () => {
    const newer = delivery(3, {}, "Built");
    expect(decide({ ...input, deliveries: [newer], delivery: delivery(2) })).toMatchObject({
      reason: "Outdated",
    });
    const replayed = delivery(2);
    const again = { ...replayed, spec: { ...replayed.spec, replayOf: "shop-1-x" } };
    expect(decide({ ...input, deliveries: [newer], delivery: again }).phase).toBe("Built");
  });

  it("does not build a commit twice at once", () => {
    const told = delivery(2, {}, "Built");
    const again = { ...delivery(2), metadata: { name: "other" } };
    const builds = [build("shop-1", told, "Running")];
    expect(decide({ ...input, builds, deliveries: [told], delivery: again })).toMatchObject({
      reason: "AlreadyBuilding",
    });
    const done = [build("shop-1", told, "Complete")];
    expect(decide({ ...input, builds: done, deliveries: [told], delivery: again }).phase).toBe("Built");
  });
});

it("keeps the newest deliveries, and those that are not decided", () => {
  const at = (second: number): WebhookDelivery => {
    const made = delivery(1, {}, "Built");
    const creationTimestamp = new Date(1_700_000_000_000 + second * 1000).toISOString();
    return { ...made, metadata: { ...made.metadata, name: `d-${second}`, creationTimestamp } };
  };
  const all = Array.from({ length: deliveriesMax + 2 }, (_, index) => at(index));
  const undecided = { ...at(0), status: undefined };
  expect(tooOld([undecided, ...all]).map(({ metadata }) => metadata.name)).toEqual(["d-1", "d-0"]);
});
