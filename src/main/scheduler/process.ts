/** The scheduler as a process of its own, for any Kubernetes: all that it knows of the cluster goes over HTTPS. */

import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { UsageError, type CommandContext } from "../../cli/command.ts";
import { kubeconfigFile } from "../../cli/connect.ts";
import { connectionOf, type Connection } from "../../client/connection.ts";
import { HttpsClient } from "../../client/https-client.ts";
import { inClusterConnection } from "../../client/in-cluster.ts";
import { loadKubeconfig } from "../../client/kubeconfig.ts";
import { LeaderElection } from "../../client/leader-election.ts";
import { systemClock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import { createLogger, type Logger } from "../../lib/log.ts";
import type { MetricsRegistry } from "../../lib/metrics.ts";
import { seededRandom } from "../../lib/random.ts";
import { ExtenderService } from "../../scheduler/loop/extenders/extender-service.ts";
import { collectState } from "../../scheduler/loop/scheduler-metrics.ts";
import { supervise, type Service } from "../supervise.ts";
import { endOnUncaught } from "../uncaught.ts";
import { DecisionsKept } from "./decisions-kept.ts";
import { extenderServer } from "./extender-server.ts";
import { addressText, listen, type Listening } from "./listen.ts";
import { openScheduler, type OpenScheduler } from "./open-scheduler.ts";
import { opsServer } from "./ops-server.ts";
import { collectProcess } from "./process-metrics.ts";
import type { ProcessOptions } from "./process-options.ts";
import { runTerm } from "./terms.ts";

/** Resolves when everything has stopped after the context's signal. */
export async function runSchedulerProcess(context: CommandContext, options: ProcessOptions): Promise<void> {
  const { terminal, signal } = context;
  const { settings, logLevel, leaderElect, keepDecisions } = options;
  const log = createLogger({ level: logLevel, write: (line) => process.stderr.write(line) });
  endOnUncaught(log);
  const connection = await findConnection(context);
  const client = new HttpsClient({ connection, clock: systemClock });
  await checkReachable(client, connection);
  const kept = new DecisionsKept(client, systemClock, log);
  const election = leaderElect === undefined ? undefined : newElection(client, leaderElect, log);
  const mayBind = (): boolean => election?.isLeader !== false;
  const keepsDecisions = (): boolean => keepDecisions && kept.now;
  const open = await openScheduler({ client, settings, mayBind, keepsDecisions, log });
  const servers = await openServers(open, { client, options, election, log });
  const names = settings.profiles.map(({ schedulerName }) => schedulerName).join(", ");
  terminal.print(
    `Scheduling pods of ${names} on ${connection.server} (pid ${process.pid}). Ctrl-C stops it.`,
  );
  for (const line of servers.lines) terminal.print(line);
  if (keepDecisions) await kept.ask();
  const services: Service[] = [schedulerService(open, election)];
  if (keepDecisions) services.push({ name: "decisions", run: (until) => untilEnd(kept.run(until), until) });
  await supervise(services, { clock: systemClock, log, signal });
  for (const server of servers.listening) await server.close();
  open.close();
  client.close();
}

function schedulerService({ scheduler }: OpenScheduler, election: LeaderElection | undefined): Service {
  return {
    name: "scheduler",
    async run(signal) {
      if (election === undefined) return await scheduler.run(signal);
      while (!signal.aborted) await runTerm(scheduler, election, signal);
    },
  };
}

/** A service runs until it is told to end. */
async function untilEnd(work: Promise<void>, signal: AbortSignal): Promise<void> {
  await work;
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** What the flags say; in a pod without them, the cluster that it runs in; else what `nagi` talks to. */
async function findConnection(context: CommandContext): Promise<Connection> {
  const { host } = context;
  const kubeconfig = context.text("kubeconfig");
  if (kubeconfig === undefined && (host.env["KUBERNETES_SERVICE_HOST"] ?? "") !== "") {
    return await inClusterConnection(host.env);
  }
  const file = kubeconfigFile({ host, kubeconfig, dataDir: context.text("data-dir") });
  if (!existsSync(file))
    throw new UsageError(`there is no kubeconfig ${file}`, "Give one: --kubeconfig FILE");
  return await connectionOf(await loadKubeconfig([file]), context.text("context"));
}

async function checkReachable(client: HttpsClient, { server }: Connection): Promise<void> {
  try {
    await client.raw("/version");
  } catch (cause) {
    throw new Error(`cannot reach the API at ${server}: ${messageOf(cause)}`, { cause });
  }
}

function newElection(
  client: HttpsClient,
  lease: NonNullable<ProcessOptions["leaderElect"]>,
  log: Logger,
): LeaderElection {
  const identity = `${hostname()}_${randomUUID()}`;
  const random = seededRandom(process.pid);
  return new LeaderElection({ client, clock: systemClock, random, log, identity, ...lease });
}

interface ServerParts {
  readonly client: HttpsClient;
  readonly options: ProcessOptions;
  readonly election: LeaderElection | undefined;
  readonly log: Logger;
}

interface Servers {
  readonly listening: readonly Listening[];
  /** Where they answer, for the user. */
  readonly lines: readonly string[];
}

async function openServers(
  { scheduler, registry }: OpenScheduler,
  { client, options, election, log }: ServerParts,
): Promise<Servers> {
  collectProcess(registry);
  collectState(registry, () => scheduler.state());
  collectLeader(registry, options, election);
  const ops = await listen(opsServer({ registry, missing: () => scheduler.unsynced() }), options.metrics);
  const lines = [`Health and metrics: http://${addressText(ops.address)}/metrics`];
  const { serveExtender: asked } = options;
  if (asked === undefined) return { listening: [ops], lines };
  const service = new ExtenderService({ client, deciderFor: (pod) => scheduler.deciderFor(pod) });
  const extender = await listen(extenderServer(service, log, asked.tls), asked.address);
  const scheme = asked.tls === undefined ? "http" : "https";
  lines.push(`Extender: ${scheme}://${addressText(extender.address)}/filter, /prioritize, /preempt, /bind`);
  return { listening: [ops, extender], lines };
}

/** Under the name that client-go gives it. */
function collectLeader(
  registry: MetricsRegistry,
  { leaderElect }: ProcessOptions,
  election: LeaderElection | undefined,
): void {
  if (leaderElect === undefined || election === undefined) return;
  const status = registry.gauge({
    name: "leader_election_master_status",
    help: "Whether this process holds the lease: 1 or 0.",
    labels: ["name"],
  });
  registry.collect(() => status.with(leaderElect.name).set(election.isLeader ? 1 : 0));
}
