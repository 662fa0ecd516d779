/**
 * Autoscalers: every 15 seconds each one's number of pods follows what the pods use. What must stay true: the number
 * leaves the limits of the spec at no time by our doing, and does not move when nothing is known of the pods.
 */

import { findObject } from "../../../client/find-object.ts";
import { runController, type Reconciled } from "../../../client/controller.ts";
import type { EventRecorder } from "../../../client/event-recorder.ts";
import { setCondition } from "../../../model/conditions.ts";
import type { Kind } from "../../../model/kind.ts";
import { deployment } from "../../../model/kinds/apps/deployment/deployment.ts";
import { replicaSet } from "../../../model/kinds/apps/replicaset/replicaset.ts";
import { statefulSet } from "../../../model/kinds/apps/statefulset/statefulset.ts";
import {
  horizontalPodAutoscaler,
  type HorizontalPodAutoscaler,
} from "../../../model/kinds/autoscaling/horizontalpodautoscaler/horizontalpodautoscaler.ts";
import type { MetricSpec } from "../../../model/kinds/autoscaling/horizontalpodautoscaler/metric-spec.ts";
import { requestsServiceOf } from "../../../model/kinds/autoscaling/horizontalpodautoscaler/requests-metric.ts";
import { routeMetrics } from "../../../model/kinds/nagi/routemetrics/routemetrics.ts";
import { ingress } from "../../../model/kinds/networking/ingress/ingress.ts";
import { route } from "../../../model/kinds/route/route/route.ts";
import { podMetrics } from "../../../model/kinds/metrics/podmetrics/podmetrics.ts";
import { matches, parseSelector } from "../../../model/labels.ts";
import { keyOf, refOf, type Condition } from "../../../model/meta.ts";
import { recorderFor, type WorkloadContext } from "../shared/context.ts";
import { writeStatus } from "../shared/write-status.ts";
import { historyMaxMs, type ScaleHistory } from "./behavior.ts";
import { ratesOf } from "./rates.ts";
import { decideScale, type ScaleDecision } from "./decide.ts";

const workers = 2;
const periodMs = 15_000;
/** Kinds that can be scaled, by their name. */
const scalable = new Map<string, Kind>(
  [deployment, replicaSet, statefulSet].map((kind) => [kind.kind, kind as unknown as Kind]),
);
const none: ScaleHistory = { recommendations: [], events: [] };

export function runAutoscalers(context: WorkloadContext, signal: AbortSignal): Promise<void> {
  const { client, clock, log, informers } = context;
  const controller = new AutoscalerController(context);
  return runController(
    {
      name: "autoscaler",
      client,
      clock,
      log,
      workers,
      watches: [
        {
          informer: informers.autoscalers,
          keysOf: (each: HorizontalPodAutoscaler) => (controller.isNew(each) ? [keyOf(refOf(each))] : []),
        },
      ],
      reconcile: (key) => controller.reconcile(key),
    },
    signal,
  );
}

class AutoscalerController {
  readonly #context: WorkloadContext;
  readonly #events: EventRecorder;
  /** Of those that were looked at since this began, and are again when their time has come. */
  readonly #histories = new Map<string, ScaleHistory>();
  /** How many there were to be after the last look. */
  readonly #chosen = new Map<string, number>();

  constructor(context: WorkloadContext) {
    this.#context = context;
    this.#events = recorderFor(context, "horizontal-pod-autoscaler");
  }

  /** Its own writes of the status wake nobody: the next look is when its time has come. */
  isNew(autoscaler: HorizontalPodAutoscaler): boolean {
    const { metadata, status } = autoscaler;
    return (
      status?.observedGeneration !== metadata.generation || !this.#histories.has(keyOf(refOf(autoscaler)))
    );
  }

  async reconcile(key: string): Promise<Reconciled | undefined> {
    const { client, clock, informers } = this.#context;
    const autoscaler = informers.autoscalers.get(key);
    if (autoscaler === undefined) {
      this.#histories.delete(key);
      this.#chosen.delete(key);
      return undefined;
    }
    const nowMs = clock.now();
    const found = await this.#target(autoscaler);
    const decision = decideScale({
      autoscaler,
      ...found,
      history: this.#history(key, found.target?.current, nowMs),
      nowMs,
    });
    const { change } = decision;
    if (change !== undefined && found.target !== undefined) await this.#rescale(autoscaler, decision);
    this.#remember(key, decision, nowMs);
    if (found.target !== undefined) this.#chosen.set(key, found.target.current + (change ?? 0));
    const nowIso = `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
    const before: readonly Condition[] = autoscaler.status?.conditions ?? [];
    const conditions = decision.conditions.reduce((all, each) => setCondition(all, each, nowIso), before);
    await writeStatus(client, horizontalPodAutoscaler, autoscaler, {
      ...autoscaler.status,
      ...decision.status,
      ...(change === undefined ? {} : { lastScaleTime: nowIso }),
      observedGeneration: autoscaler.metadata.generation,
      conditions: [...conditions],
    });
    return { requeueAfterMs: this.#context.autoscalePeriodMs ?? periodMs };
  }

  /** What is scaled, its pods and what is known of them. */
  async #target({ spec, metadata }: HorizontalPodAutoscaler) {
    const { client, informers } = this.#context;
    const { namespace } = metadata;
    const kind = scalable.get(spec.scaleTargetRef.kind);
    const missing = { target: undefined, pods: [], metrics: new Map(), rates: new Map() };
    if (kind?.scale === undefined) return missing;
    const target = await findObject(client, kind, { namespace, name: spec.scaleTargetRef.name });
    if (target === undefined) return missing;
    const labelSelector = kind.scale.selector(target);
    const selector = parseSelector(labelSelector);
    const pods = informers.pods.list(namespace).filter((pod) => matches(selector, pod.metadata.labels));
    const { items } = await client.list(podMetrics, { namespace, labelSelector });
    const metrics = new Map(items.map((each) => [each.metadata.name ?? "", each]));
    const rates = await this.#rates(namespace, spec.metrics ?? []);
    return { target: { current: kind.scale.replicas(target) }, pods, metrics, rates };
  }

  /** Requests per second of the Services that the metrics name. */
  async #rates(namespace: string | undefined, metrics: readonly MetricSpec[]) {
    const { client, clock } = this.#context;
    if (!metrics.some((metric) => requestsServiceOf(metric) !== undefined)) return new Map();
    const [routes, ingresses, told] = await Promise.all([
      client.list(route, { namespace }),
      client.list(ingress, { namespace }),
      client.list(routeMetrics, { namespace }),
    ]);
    const byName = new Map(told.items.map((each) => [each.metadata.name ?? "", each]));
    return ratesOf(metrics, {
      routes: routes.items,
      ingresses: ingresses.items,
      metrics: byName,
      nowMs: clock.now(),
    });
  }

  /**
   * What a request woke was wanted at that moment: it does not fall asleep again at once. Neither does what is there when a
   * controller begins, which knows nothing of before.
   */
  #history(key: string, current: number | undefined, nowMs: number): ScaleHistory {
    const known = this.#histories.get(key);
    const history = known ?? none;
    const isWanted = known === undefined || this.#chosen.get(key) === 0;
    if (!isWanted || current === undefined || current === 0) return history;
    const begun = {
      ...history,
      recommendations: [...history.recommendations, { atMs: nowMs, replicas: current }],
    };
    this.#histories.set(key, begun);
    return begun;
  }

  async #rescale(
    autoscaler: HorizontalPodAutoscaler,
    { status, change, reason }: ScaleDecision,
  ): Promise<void> {
    const { scaleTargetRef } = autoscaler.spec;
    const kind = scalable.get(scaleTargetRef.kind);
    if (kind === undefined || change === undefined) return;
    const ref = { namespace: autoscaler.metadata.namespace, name: scaleTargetRef.name };
    const body = { spec: { replicas: status.desiredReplicas ?? 0 } };
    await this.#context.client.patch(kind, ref, { type: "merge", body }, { subresource: "scale" });
    const message = `New size: ${status.desiredReplicas}; reason: ${reason}`;
    this.#events.event(autoscaler, "Normal", "SuccessfulRescale", message);
  }

  #remember(key: string, { recommendation, change }: ScaleDecision, nowMs: number): void {
    const { recommendations, events } = this.#histories.get(key) ?? none;
    const isRecent = ({ atMs }: { readonly atMs: number }): boolean => atMs > nowMs - historyMaxMs;
    this.#histories.set(key, {
      recommendations: [
        ...recommendations.filter(isRecent),
        ...(recommendation === undefined ? [] : [{ atMs: nowMs, replicas: recommendation }]),
      ],
      events: [...events.filter(isRecent), ...(change === undefined ? [] : [{ atMs: nowMs, change }])],
    });
  }
}
