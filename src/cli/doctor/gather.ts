/** Asks the API, the app's own address and its pods for what the doctor judges by. */

import { appLabel, processLabel, webProcess } from "../../model/kinds/nagi/app/app-names.ts";
import { lookup } from "node:dns/promises";
import { request } from "node:http";
import { tailText } from "../../client/tail-text.ts";
import { build } from "../../model/kinds/build/build/build.ts";
import { event, type Event } from "../../model/kinds/core/event/event.ts";
import { node } from "../../model/kinds/core/node/node.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { addon } from "../../model/kinds/nagi/addon/addon.ts";
import { addonBackup } from "../../model/kinds/nagi/addonbackup/addonbackup.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { release } from "../../model/kinds/nagi/release/release.ts";
import {
  schedulingDecision,
  type SchedulingDecisionSpec,
} from "../../model/kinds/nagi/schedulingdecision/schedulingdecision.ts";
import { route } from "../../model/kinds/route/route/route.ts";
import { refOf } from "../../model/meta.ts";
import { isStatus } from "../../model/status.ts";
import { explainNow } from "../../scheduler/simulate/explain-now.ts";
import { platformInfo } from "../app.ts";
import { autoscalersOf } from "../autoscale/app-autoscalers.ts";
import type { CommandContext } from "../command.ts";
import { liveWorld } from "../scheduling/live-world.ts";
import { mergeLogs } from "../log-stream.ts";
import { runSession } from "../session.ts";
import type { Answer, Evidence } from "./evidence.ts";
import { gatherNumbers } from "./gather-numbers.ts";
import { gatherVolumes } from "./gather-volumes.ts";
import { isEndedRun } from "./rules/cron.ts";
import { listenersCommand, parseListeners, type Listener } from "./listeners.ts";
import { hostsToLookUp } from "./hosts-to-look-up.ts";
import { parseRequestLine, trafficOf, type RequestLine, type Traffic } from "./traffic.ts";

/** Pods that are looked into one by one; of more, the first. */
const examinedPodsMax = 5;
const quotedLines = 20;
const quotedMaxBytes = 8192;
const trafficSeconds = 15 * 60;
const trafficLinesMax = 5000;
const answerTimeoutMs = 10_000;
const listenersMaxBytes = 256 * 1024;

export async function gather(context: CommandContext, app: App): Promise<Evidence> {
  const client = await context.client();
  const { name = "", namespace = "default" } = app.metadata;
  const scope = { namespace, labelSelector: `${appLabel}=${name}` };
  const [releases, builds, allPods, routes, nodes, events, addons, backups, autoscalers] = await Promise.all([
    client.list(release, { namespace }),
    client.list(build, scope),
    client.list(pod, scope),
    client.list(route, scope),
    client.list(node),
    client.list(event, { namespace, fieldSelector: "involvedObject.kind=Pod" }),
    client.list(addon, { namespace }),
    client.list(addonBackup, { namespace }),
    autoscalersOf(context, app),
  ]);
  const pods = allPods.items.filter(isServing);
  const waiting = pods.filter(({ spec }) => (spec.nodeName ?? "") === "").slice(0, examinedPodsMax);
  const ailing = pods
    .filter(isAiling)
    .toSorted((a, b) => Number(isEndedRun(a)) - Number(isEndedRun(b)))
    .slice(0, examinedPodsMax);
  const web = ailing.filter(({ metadata }) => metadata.labels?.[processLabel] === "web");
  const [decisions, lastLines, listeners, traffic, answer, unresolvedHosts, numbers, volumes] =
    await Promise.all([
      byName(waiting, (each) => decisionOf(context, each)),
      byName(ailing, (each) => linesOf(context, each)),
      byName(web, (each) => listenersOf(context, each)),
      trafficIn(context, { name, namespace }),
      answerOf(context, app),
      withoutAddress(app.spec?.domains ?? []),
      gatherNumbers(context, { name, namespace, nodes: nodes.items, routes: routes.items }),
      gatherVolumes(context, app),
    ]);
  return {
    app,
    releases: releases.items.filter(({ spec }) => spec.app === name),
    builds: builds.items,
    pods,
    routes: routes.items,
    nodes: nodes.items,
    addons: addons.items.filter(({ spec }) => spec.attachments?.some((each) => each.app === name)),
    backups: backups.items,
    volumes,
    events: events.items.toSorted((a, b) => lastSeen(a).localeCompare(lastSeen(b))),
    decisions,
    lastLines,
    listeners,
    traffic,
    ...numbers,
    webSleeps: autoscalers.get(webProcess)?.spec.minReplicas === 0,
    answer,
    unresolvedHosts,
    nowMs: Date.now(),
  };
}

function isServing({ metadata }: Pod): boolean {
  const process = metadata.labels?.[processLabel];
  return metadata.deletionTimestamp === undefined && process !== "run" && process !== "release";
}

function isAiling({ status, spec }: Pod): boolean {
  if ((spec.nodeName ?? "") === "" || status?.phase === "Succeeded") return false;
  return (status?.containerStatuses ?? []).some(({ ready, restartCount }) => !ready || restartCount > 0);
}

async function byName<T>(
  pods: readonly Pod[],
  look: (pod: Pod) => Promise<T | undefined>,
): Promise<Map<string, T>> {
  const found = await Promise.all(
    pods.map(async (each) => [each.metadata.name ?? "", await look(each)] as const),
  );
  return new Map(found.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** What the scheduler keeps, with suggestions that are worked out now where it kept none. */
async function decisionOf(
  context: CommandContext,
  waiting: Pod,
): Promise<SchedulingDecisionSpec | undefined> {
  const client = await context.client();
  try {
    const { spec } = await client.get(schedulingDecision, refOf(waiting));
    if (spec.suggestions !== undefined) return spec;
  } catch (error) {
    if (!isStatus(error, "NotFound", "Forbidden")) throw error;
  }
  const { schedulerName } = waiting.spec;
  const options = { schedulerName, seed: 1, decidedAt: new Date().toISOString(), nodeLimit: 0 };
  return explainNow(await liveWorld(client), waiting, options);
}

async function linesOf(context: CommandContext, ailing: Pod): Promise<readonly string[] | undefined> {
  const status = ailing.status?.containerStatuses?.find(
    ({ ready, restartCount }) => !ready || restartCount > 0,
  );
  if (status === undefined) return undefined;
  const client = await context.client();
  const previous = status.restartCount > 0 && status.state?.terminated === undefined;
  try {
    const options = { tailLines: quotedLines, previous, container: status.name };
    const text = await tailText(client.log(pod, refOf(ailing), options), quotedMaxBytes);
    return text.split("\n").filter((line) => line.trim() !== "");
  } catch (error) {
    // Gone meanwhile, or never started.
    if (isStatus(error, "NotFound", "BadRequest")) return undefined;
    throw error;
  }
}

/** Undefined when the pod cannot be asked: it does not run, or its image has no `cat`. */
async function listenersOf(context: CommandContext, running: Pod): Promise<readonly Listener[] | undefined> {
  if (running.status?.containerStatuses?.[0]?.state?.running === undefined) return undefined;
  let text = "";
  const take = (data: Uint8Array): void => {
    if (text.length < listenersMaxBytes) text += Buffer.from(data).toString();
  };
  try {
    await runSession(context, refOf(running), {
      subresource: "exec",
      command: listenersCommand,
      output: take,
      errors: () => undefined,
    });
  } catch {
    return undefined;
  }
  return text === "" ? undefined : parseListeners(text);
}

async function trafficIn(
  context: CommandContext,
  { name, namespace }: { readonly name: string; readonly namespace: string },
): Promise<Traffic> {
  const lines: RequestLine[] = [];
  const stream = mergeLogs({
    client: await context.client(),
    namespace,
    app: name,
    process: "router",
    routes: true,
    options: { sinceSeconds: trafficSeconds, tailLines: trafficLinesMax },
    signal: context.signal,
    kinds: { pod, route },
  });
  for await (const { text } of stream) {
    const line = parseRequestLine(text);
    if (line !== undefined) lines.push(line);
  }
  return trafficOf(lines);
}

/** One request, as a browser would send it, to the router: names under localhost need no name server this way. */
async function answerOf(context: CommandContext, app: App): Promise<Answer | undefined> {
  const web = app.status?.processes?.["web"];
  const { url = "" } = app.status ?? {};
  if (web === undefined || web.desired === 0 || !URL.canParse(url)) return undefined;
  const { httpUrl } = await platformInfo(await context.client());
  const router = new URL(httpUrl);
  const startedMs = performance.now();
  const { promise, resolve } = Promise.withResolvers<Pick<Answer, "status" | "failure">>();
  const asked = request({
    host: router.hostname,
    port: router.port === "" ? 80 : router.port,
    path: "/",
    headers: { host: new URL(url).host, "user-agent": "nagi-doctor" },
    signal: AbortSignal.any([context.signal, AbortSignal.timeout(answerTimeoutMs)]),
  });
  asked.on("response", (response) => {
    response.resume();
    resolve({ status: response.statusCode });
  });
  asked.on("error", (error: NodeJS.ErrnoException) =>
    resolve({ failure: error.code === "ABORT_ERR" ? "no answer in 10 s" : (error.code ?? error.message) }),
  );
  asked.end();
  const outcome = await promise;
  return { url, tookMs: Math.round(performance.now() - startedMs), ...outcome };
}

async function withoutAddress(domains: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    hostsToLookUp(domains).map(async (host) => {
      try {
        await lookup(host);
        return [];
      } catch {
        return [host];
      }
    }),
  );
  return found.flat();
}

function lastSeen({ lastTimestamp, eventTime, metadata }: Event): string {
  return lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? "";
}
