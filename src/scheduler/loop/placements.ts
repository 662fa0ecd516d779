/**
 * The way of a pod from the decision to its node, as far as plugins have a say: reserve, permit, what they write
 * before the binding, and undoing all of it when the binding fails.
 */

import type { Client } from "../../client/client.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import { messageOf } from "../../lib/errors.ts";
import type { PlacementContext, PreBindContext } from "../framework/placement.ts";
import type { Plugin } from "../framework/plugin.ts";
import type { Profile } from "../framework/profile.ts";
import type { Cluster } from "../snapshot/cluster.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { MAX_PERMIT_MS, Permits } from "./permits.ts";
import { relatedKind, type RelatedFeed } from "./related-feed.ts";
import type { ExtensionPoint, SchedulerMetrics } from "./scheduler-metrics.ts";
import { withinLimit } from "./within-limit.ts";

export interface PlacementsOptions {
  readonly client: Client;
  readonly cluster: Cluster;
  readonly profiles: readonly Profile[];
  readonly related: RelatedFeed;
  readonly metrics: SchedulerMetrics;
  readonly monotonicMs: () => number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The plugins of a profile that have something to do at each point. */
interface Points {
  readonly reserve: readonly Plugin[];
  /** In the order of undoing. */
  readonly unreserve: readonly Plugin[];
  readonly permit: readonly Plugin[];
  readonly preBind: readonly Plugin[];
}

export class Placements {
  readonly #options: PlacementsOptions;
  readonly #points: ReadonlyMap<Profile, Points>;
  readonly #permits: Permits;
  /** Of the pods that plugins are asked about, to end that when the pod is gone. */
  readonly #asking = new Map<string, AbortController>();

  constructor(options: PlacementsOptions) {
    this.#options = options;
    this.#permits = new Permits(options.clock);
    this.#points = new Map(options.profiles.map((profile) => [profile, pointsOf(profile)]));
  }

  /** What the plugin that refuses says; then nothing is reserved. */
  reserve(profile: Profile, pod: PodInfo, nodeName: string): string | undefined {
    const { cluster } = this.#options;
    const { reserve = [] } = this.#points.get(profile) ?? {};
    for (const [index, plugin] of reserve.entries()) {
      const refusal = refusalOf(plugin, () => plugin.reserve?.(pod, nodeName, cluster));
      if (refusal === undefined) continue;
      const before = new Set(reserve.slice(0, index));
      this.#undo(profile, { pod, nodeName }, (each) => each.reserve === undefined || before.has(each));
      return refusal;
    }
    return undefined;
  }

  unreserve(profile: Profile, pod: PodInfo, nodeName: string): void {
    this.#undo(profile, { pod, nodeName }, () => true);
  }

  /** Whether any plugin has a say between reservation and binding of the pod. */
  hasSteps(profile: Profile, pod: PodInfo): boolean {
    const { permit = [], preBind = [] } = this.#points.get(profile) ?? {};
    return permit.length > 0 || preBind.some((plugin) => plugin.needsPreBind?.(pod) !== false);
  }

  /** Permission and what is written before the binding: why the pod is not to be bound. Never rejects. */
  async prepare(
    profile: Profile,
    place: { readonly pod: PodInfo; readonly nodeName: string },
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { permit = [], preBind = [] } = this.#points.get(profile) ?? {};
    const { uid } = place.pod;
    const abort = new AbortController();
    this.#asking.set(uid, abort);
    const context = this.#contextOf(uid, AbortSignal.any([signal, abort.signal]));
    try {
      const refusal = await this.#measured("Permit", profile, () =>
        this.#permits.ask(permit, place, context),
      );
      if (refusal !== undefined || preBind.length === 0) return refusal;
      return await this.#measured("PreBind", profile, () => this.#preBindAll(preBind, place, context));
    } finally {
      this.#asking.delete(uid);
    }
  }

  gone(uid: string): void {
    this.#asking.get(uid)?.abort();
  }

  async #measured(
    point: ExtensionPoint,
    profile: Profile,
    work: () => Promise<string | undefined>,
  ): Promise<string | undefined> {
    const { metrics, monotonicMs } = this.#options;
    const startMs = monotonicMs();
    const refusal = await work();
    metrics.point(point, profile, { isGood: refusal === undefined, ms: monotonicMs() - startMs });
    return refusal;
  }

  async #preBindAll(
    plugins: readonly Plugin[],
    place: { readonly pod: PodInfo; readonly nodeName: string },
    context: PlacementContext,
  ): Promise<string | undefined> {
    for (const plugin of plugins) {
      const said = await this.#preBind(plugin, place, context);
      if (said !== undefined) return said;
    }
    return undefined;
  }

  async #preBind(
    plugin: Plugin,
    { pod, nodeName }: { readonly pod: PodInfo; readonly nodeName: string },
    context: PlacementContext,
  ): Promise<string | undefined> {
    const { clock } = this.#options;
    try {
      const answer = plugin.preBind?.(pod, nodeName, this.#preBindContext(context));
      const limit = { clock, limitMs: MAX_PERMIT_MS, signal: context.signal };
      const reason = await (answer instanceof Promise ? withinLimit(answer, limit) : answer);
      return reason === undefined ? undefined : `${plugin.name}: ${reason.text}`;
    } catch (error) {
      return `plugin ${plugin.name} failed: ${messageOf(error)}`;
    }
  }

  #contextOf(uid: string, signal: AbortSignal): PlacementContext {
    return { cluster: this.#options.cluster, signal, waiting: () => this.#permits.waiting(uid) };
  }

  #preBindContext(context: PlacementContext): PreBindContext {
    const { client } = this.#options;
    return {
      ...context,
      async patch(kind, ref, body) {
        await client.patch(relatedKind(kind), ref, { type: "merge", body });
      },
      until: (look, timeoutMs) => this.#until(look, timeoutMs, context.signal),
    };
  }

  async #until<T>(look: () => T | undefined, timeoutMs: number, signal: AbortSignal): Promise<T> {
    const { clock, related } = this.#options;
    const found = Promise.withResolvers<T>();
    const check = (): void => {
      try {
        const answer = look();
        if (answer !== undefined) found.resolve(answer);
      } catch (error) {
        found.reject(error);
      }
    };
    const end = related.onChange(check);
    check();
    try {
      return await withinLimit(found.promise, { clock, limitMs: timeoutMs, signal });
    } finally {
      end();
    }
  }

  #undo(
    profile: Profile,
    { pod, nodeName }: { readonly pod: PodInfo; readonly nodeName: string },
    concerns: (plugin: Plugin) => boolean,
  ): void {
    const { unreserve = [] } = this.#points.get(profile) ?? {};
    if (unreserve.length === 0) return;
    const { log } = this.#options;
    const context = this.#contextOf(pod.uid, AbortSignal.abort());
    for (const plugin of unreserve) {
      if (!concerns(plugin)) continue;
      try {
        plugin.unreserve?.(pod, nodeName, context);
      } catch (error) {
        // The others have to undo theirs all the same.
        log.error("a plugin cannot undo what it reserved", { plugin: plugin.name, pod: pod.key, error });
      }
    }
  }
}

function refusalOf(plugin: Plugin, ask: () => { readonly text: string } | undefined): string | undefined {
  try {
    const reason = ask();
    return reason === undefined ? undefined : `${plugin.name}: ${reason.text}`;
  } catch (error) {
    return `plugin ${plugin.name} failed: ${messageOf(error)}`;
  }
}

function pointsOf({ plugins }: Profile): Points {
  const all = plugins.map(({ plugin }) => plugin);
  return {
    reserve: all.filter((plugin) => plugin.reserve !== undefined),
    unreserve: all.filter((plugin) => plugin.unreserve !== undefined).toReversed(),
    permit: all.filter((plugin) => plugin.permit !== undefined),
    preBind: all.filter((plugin) => plugin.preBind !== undefined),
  };
}
