/** What comes of a delivery: a build or none, and which builds it makes pointless. Pure. */

import { judgeEvent } from "../../lib/webhooks/wanted.ts";
import type { Build } from "../../model/kinds/build/build/build.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import type { Webhook } from "../../model/kinds/nagi/webhook/webhook.ts";
import type { WebhookDelivery } from "../../model/kinds/nagi/webhookdelivery/webhookdelivery.ts";
import { deliveryAnnotation, eventOf } from "./delivery-objects.ts";

export interface DecisionInput {
  readonly delivery: WebhookDelivery;
  readonly hook: Webhook;
  readonly app: App;
  /** Of the app. */
  readonly builds: readonly Build[];
  /** Of the app. */
  readonly deliveries: readonly WebhookDelivery[];
}

export type Decision =
  | { readonly phase: "Ignored" | "Failed"; readonly reason: string; readonly message: string }
  | {
      readonly phase: "Built";
      readonly ref: string | undefined;
      readonly commit: string | undefined;
      /** Names of builds that wait and would build something older. */
      readonly supersedes: readonly string[];
    };

const waiting: ReadonlySet<string> = new Set(["New", "Pending"]);
const underWay: ReadonlySet<string> = new Set(["New", "Pending", "Running"]);

export function decide(input: DecisionInput): Decision {
  const { delivery, hook, app, builds, deliveries } = input;
  const git = app.spec?.source?.git;
  const verdict = judgeEvent(eventOf(delivery.spec), hook.spec, git?.ref);
  if (!verdict.wanted) return { phase: "Ignored", reason: verdict.reason, message: verdict.message };
  if (git === undefined) {
    const message = `App ${app.metadata.name} is not built from a repository: nagi source --app ${app.metadata.name} --git URL`;
    return { phase: "Failed", reason: "NoGitSource", message };
  }
  const { commit, ref } = delivery.spec;
  const isReplay = delivery.spec.replayOf !== undefined;
  const newer = isReplay ? undefined : deliveries.find((other) => isNewer(other, delivery));
  if (newer !== undefined) {
    const message = `${newer.spec.commit?.slice(0, 7)}, pushed after it, was told of first (delivery ${newer.metadata.name}).`;
    return { phase: "Ignored", reason: "Outdated", message };
  }
  const sameCommit = builds.find(
    (build) =>
      commit !== undefined &&
      build.spec.revision?.git?.commit === commit &&
      build.metadata.annotations?.[deliveryAnnotation] !== undefined &&
      underWay.has(build.status?.phase ?? "New"),
  );
  if (sameCommit !== undefined) {
    const message = `Build ${sameCommit.metadata.name} builds that commit already.`;
    return { phase: "Ignored", reason: "AlreadyBuilding", message };
  }
  const supersedes = builds.filter(
    (build) => waiting.has(build.status?.phase ?? "New") && isOfRef(build, ref, deliveries),
  );
  return {
    phase: "Built",
    ref: verdict.ref,
    commit,
    supersedes: supersedes.map(({ metadata }) => metadata.name ?? ""),
  };
}

/** Forges send without order: what was pushed on top of this one may have come before it. */
function isNewer(other: WebhookDelivery, { spec, metadata }: WebhookDelivery): boolean {
  return (
    other.metadata.name !== metadata.name &&
    other.status?.phase === "Built" &&
    spec.commit !== undefined &&
    other.spec.before === spec.commit &&
    other.spec.ref === spec.ref
  );
}

function isOfRef(build: Build, ref: string | undefined, deliveries: readonly WebhookDelivery[]): boolean {
  const name = build.metadata.annotations?.[deliveryAnnotation];
  const told = deliveries.find(({ metadata }) => metadata.name === name);
  return told !== undefined && told.spec.ref === ref;
}
