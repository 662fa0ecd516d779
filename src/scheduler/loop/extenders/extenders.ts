/**
 * Web servers that are asked besides the plugins, as kube-scheduler asks them: which nodes to leave out, how much to
 * prefer those that are left, whom to spare when room is made, and to bind.
 * https://kubernetes.io/docs/concepts/extend-kubernetes/#scheduler-extensions
 */

import type { Clock } from "../../../lib/clock.ts";
import { messageOf } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log.ts";
import type { Opinion } from "../../framework/opinion.ts";
import type { Candidate } from "../../framework/plugin.ts";
import type { ExtenderConfig } from "../../policy/scheduler-config.ts";
import type { ContainerObject, NodeObject, PodObject } from "../../snapshot/objects.ts";
import type { PodInfo } from "../../snapshot/pod-info.ts";
import type { SchedulerMetrics } from "../scheduler-metrics.ts";
import { webServer, type WebServer } from "./post-json.ts";
import {
  readError,
  readFilterResult,
  readHostPriorities,
  readPreemptionResult,
  victimsText,
  type FilterResultWire,
  type HostPriorityWire,
} from "./wire.ts";

export interface ExtendersOptions {
  readonly configs: readonly ExtenderConfig[];
  /** What one point of an extender, of 0 to 10, adds to a node's total: 10 where plugins score up to 100, else 1. */
  readonly factor: number;
  readonly metrics: SchedulerMetrics;
  readonly monotonicMs: () => number;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface ExtenderAnswer {
  readonly opinions: readonly Opinion[];
  /** Names of the nodes that all of them take. */
  readonly taken: ReadonlySet<string>;
}

export interface Preempting {
  readonly signal: AbortSignal;
  /** The pod of that uid, if it is on the node and may be evicted. */
  readonly victimOn: (nodeName: string, uid: string) => PodInfo | undefined;
}

interface Filtered {
  readonly left: readonly NodeObject[];
  readonly refused: ReadonlyMap<string, string>;
  readonly error?: string | undefined;
}

/** An answer, or how it failed where that may be ignored. */
type Called<T> =
  | { readonly answer: T; readonly error?: undefined }
  | { readonly answer?: undefined; readonly error: string };

type Verb = "filterVerb" | "prioritizeVerb" | "preemptVerb" | "bindVerb";

/** All extenders of a scheduler together. */
export interface ExtenderSet {
  /** What one of their points is among the plugins' scores. */
  readonly factor: number;
  /** Whether any of them has a say in where the pod goes. */
  judge(pod: PodObject): boolean;
  preempts(pod: PodObject): boolean;
  /** Rejects when one that must not be ignored fails. */
  ask(pod: PodInfo, nodes: readonly NodeObject[], signal: AbortSignal): Promise<ExtenderAnswer>;
  /** Of the candidates, those that all of them agree to, with the victims that they leave. */
  preempt(
    pod: PodInfo,
    candidates: readonly Candidate[],
    preempting: Preempting,
  ): Promise<readonly Candidate[]>;
  /** Undefined when no extender binds the pod. */
  binderOf(pod: PodInfo): ((nodeName: string, signal: AbortSignal) => Promise<void>) | undefined;
}

/** One that must not be ignored failed: no fault of ours. */
export class ExtenderError extends Error {}

export class Extenders implements ExtenderSet {
  readonly #options: ExtendersOptions;
  readonly #servers: ReadonlyMap<ExtenderConfig, WebServer>;
  /** By node: the same object gives the same text. */
  readonly #nodeTexts = new WeakMap<NodeObject, string>();

  static async open(options: ExtendersOptions): Promise<Extenders> {
    const { clock } = options;
    const servers = new Map<ExtenderConfig, WebServer>();
    for (const config of options.configs) {
      const { urlPrefix, tls, timeoutMs } = config;
      try {
        const isHttps = urlPrefix.startsWith("https:");
        servers.set(config, await webServer({ isHttps, tls, timeoutMs, clock }));
      } catch (error) {
        throw new Error(`cannot use the extender ${urlPrefix}: ${messageOf(error)}`, { cause: error });
      }
    }
    return new Extenders(options, servers);
  }

  private constructor(options: ExtendersOptions, servers: ReadonlyMap<ExtenderConfig, WebServer>) {
    this.#options = options;
    this.#servers = servers;
  }

  get factor(): number {
    return this.#options.factor;
  }

  close(): void {
    for (const server of this.#servers.values()) server.close();
  }

  judge(pod: PodObject): boolean {
    return this.#having("filterVerb", pod).length > 0 || this.#having("prioritizeVerb", pod).length > 0;
  }

  preempts(pod: PodObject): boolean {
    return this.#having("preemptVerb", pod).length > 0;
  }

  async ask(pod: PodInfo, nodes: readonly NodeObject[], signal: AbortSignal): Promise<ExtenderAnswer> {
    const filtered = new Map<ExtenderConfig, Filtered>();
    let left = nodes;
    for (const config of this.#having("filterVerb", pod.object)) {
      if (left.length === 0) break;
      const answer = await this.#filter(config, { pod, nodes: left }, signal);
      filtered.set(config, answer);
      ({ left } = answer);
    }
    const asked = left.length === 0 ? [] : this.#having("prioritizeVerb", pod.object);
    const points = new Map(
      await Promise.all(
        asked.map(
          async (config) => [config, await this.#prioritize(config, { pod, nodes: left }, signal)] as const,
        ),
      ),
    );
    const opinions = this.#options.configs
      .filter((config) => filtered.has(config) || points.has(config))
      .map((config) => opinionOf(config, filtered.get(config), points.get(config)));
    return { opinions, taken: new Set(left.map(nameOf)) };
  }

  async preempt(
    pod: PodInfo,
    candidates: readonly Candidate[],
    { signal, victimOn }: Preempting,
  ): Promise<readonly Candidate[]> {
    let left = candidates;
    for (const config of this.#having("preemptVerb", pod.object)) {
      if (left.length === 0) break;
      const body = preemptionArgs(config, pod, left);
      const { answer } = await this.#call(
        config,
        { verb: "preemptVerb", body, read: readPreemptionResult },
        signal,
      );
      if (answer === undefined) continue;
      left = left.flatMap((candidate) => {
        const kept = answer.get(candidate.nodeName);
        if (kept === undefined) return [];
        const victims = kept.uids.flatMap((uid) => victimOn(candidate.nodeName, uid) ?? []);
        return [{ ...candidate, victims, violations: kept.violations }];
      });
    }
    return left;
  }

  binderOf(pod: PodInfo): ((nodeName: string, signal: AbortSignal) => Promise<void>) | undefined {
    const [config] = this.#having("bindVerb", pod.object);
    if (config === undefined) return undefined;
    return async (nodeName, signal) => {
      const { name, namespace, uid } = pod;
      const body = JSON.stringify({ PodName: name, PodNamespace: namespace, PodUID: uid, Node: nodeName });
      // One that is ignorable is still the only one that binds.
      const must = { ...config, ignorable: false };
      const { answer: error = "" } = await this.#call(
        config,
        { verb: "bindVerb", body, read: readError, must },
        signal,
      );
      if (error !== "") throw new Error(`extender ${config.urlPrefix}: ${error}`);
    };
  }

  #having(verb: Verb, pod: PodObject): readonly ExtenderConfig[] {
    return this.#options.configs.filter((config) => (config[verb] ?? "") !== "" && manages(config, pod));
  }

  async #filter(
    config: ExtenderConfig,
    { pod, nodes }: { pod: PodInfo; nodes: readonly NodeObject[] },
    signal: AbortSignal,
  ): Promise<Filtered> {
    const body = this.#args(config, pod, nodes);
    const read = (value: unknown): FilterResultWire => {
      const result = readFilterResult(value);
      if (result.error !== "") throw new Error(result.error);
      return result;
    };
    const { answer, error } = await this.#call(config, { verb: "filterVerb", body, read }, signal);
    const refused = new Map<string, string>();
    if (answer === undefined) return { left: nodes, refused, error };
    const names = new Set(answer.nodeNames ?? (answer.nodes?.items ?? []).map(nameOf));
    const reasons = { ...answer.failedNodes, ...answer.failedAndUnresolvableNodes };
    const left = nodes.filter((node) => {
      const name = nameOf(node);
      const reason = reasons[name];
      if (reason === undefined && names.has(name)) return true;
      refused.set(name, reason ?? `node(s) were left out by extender ${config.urlPrefix}`);
      return false;
    });
    return { left, refused };
  }

  /** A failure costs its points only, as in kube-scheduler. */
  async #prioritize(
    config: ExtenderConfig,
    { pod, nodes }: { pod: PodInfo; nodes: readonly NodeObject[] },
    signal: AbortSignal,
  ): Promise<Called<readonly HostPriorityWire[]>> {
    const body = this.#args(config, pod, nodes);
    const lenient = { ...config, ignorable: true };
    const call = { verb: "prioritizeVerb", body, read: readHostPriorities, must: lenient } as const;
    return await this.#call(config, call, signal);
  }

  #args({ nodeCacheCapable }: ExtenderConfig, { object }: PodInfo, nodes: readonly NodeObject[]): string {
    const pod = JSON.stringify(object);
    if (nodeCacheCapable) {
      const names = JSON.stringify(nodes.map(({ metadata }) => metadata.name ?? ""));
      return `{"Pod":${pod},"Nodes":null,"NodeNames":${names}}`;
    }
    const items = nodes.map((node) => this.#nodeText(node)).join(",");
    return `{"Pod":${pod},"Nodes":{"metadata":{},"items":[${items}]},"NodeNames":null}`;
  }

  #nodeText(node: NodeObject): string {
    let text = this.#nodeTexts.get(node);
    if (text === undefined) this.#nodeTexts.set(node, (text = JSON.stringify(node)));
    return text;
  }

  async #call<T>(
    config: ExtenderConfig,
    call: { verb: Verb; body: string; read: (value: unknown) => T; must?: { readonly ignorable: boolean } },
    signal: AbortSignal,
  ): Promise<Called<T>> {
    const { metrics, monotonicMs, log } = this.#options;
    const { urlPrefix } = config;
    const url = `${urlPrefix.replace(/\/+$/, "")}/${config[call.verb]}`;
    const startMs = monotonicMs();
    let isGood = false;
    try {
      const answer = call.read(await this.#servers.get(config)?.post(url, call.body, signal));
      isGood = true;
      return { answer };
    } catch (error) {
      const message = `extender ${url}: ${messageOf(error)}`;
      if (!(call.must ?? config).ignorable) throw new ExtenderError(message, { cause: error });
      if (!signal.aborted) log.warn("an extender failed, going on without it", { message });
      return { error: message };
    } finally {
      metrics.extender(urlPrefix, call.verb.replace("Verb", ""), { isGood, ms: monotonicMs() - startMs });
    }
  }
}

function nameOf({ metadata }: NodeObject): string {
  return metadata.name ?? "";
}

function opinionOf(
  { urlPrefix, weight }: ExtenderConfig,
  filtered: Filtered | undefined,
  points: Called<readonly HostPriorityWire[]> | undefined,
): Opinion {
  const given = points?.answer?.map(({ host, score }) => [host, score] as const);
  return {
    extender: urlPrefix,
    filters: filtered !== undefined,
    refused: filtered?.refused ?? new Map(),
    points: given === undefined ? undefined : new Map(given),
    weight,
    error: filtered?.error ?? points?.error,
  };
}

function manages({ managedResources }: ExtenderConfig, { spec }: PodObject): boolean {
  if (managedResources.length === 0) return true;
  const asks = ({ resources }: ContainerObject): boolean =>
    managedResources.some(
      (name) => resources?.requests?.[name] !== undefined || resources?.limits?.[name] !== undefined,
    );
  return spec.containers.some(asks) || (spec.initContainers ?? []).some(asks);
}

function preemptionArgs(
  { nodeCacheCapable }: ExtenderConfig,
  { object }: PodInfo,
  candidates: readonly Candidate[],
): string {
  if (nodeCacheCapable) {
    const victims = new Map(
      candidates.map(({ nodeName, victims: pods, violations }) => [
        nodeName,
        { uids: pods.map(({ uid }) => uid), violations },
      ]),
    );
    return JSON.stringify({
      Pod: object,
      NodeNameToVictims: null,
      NodeNameToMetaVictims: victimsText(victims),
    });
  }
  const victims = candidates.map(({ nodeName, victims: pods, violations }) => [
    nodeName,
    { Pods: pods.map((pod) => pod.object), NumPDBViolations: violations },
  ]);
  return JSON.stringify({
    Pod: object,
    NodeNameToVictims: Object.fromEntries(victims) as unknown,
    NodeNameToMetaVictims: null,
  });
}
