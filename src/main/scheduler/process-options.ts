/** What the flags of `nagi scheduler` say, checked. */

import { UsageError, type CommandContext } from "../../cli/command.ts";
import { messageOf } from "../../lib/errors.ts";
import type { LogLevel } from "../../lib/log.ts";
import type { ExtenderTlsFiles } from "./extender-server.ts";
import { isLoopback, parseAddress, type Address } from "./listen.ts";
import { settledPlugins } from "./load-plugins.ts";
import { schedulerSettings, type SchedulerSettings } from "./settings.ts";

export interface ProcessOptions {
  readonly settings: SchedulerSettings;
  readonly logLevel: LogLevel;
  /** Absent: this process acts alone. */
  readonly leaderElect: LeaseOptions | undefined;
  readonly keepDecisions: boolean;
  readonly metrics: Address;
  readonly serveExtender:
    | { readonly address: Address; readonly tls: ExtenderTlsFiles | undefined }
    | undefined;
}

export interface LeaseOptions {
  readonly namespace: string;
  readonly name: string;
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

export async function processOptions(context: CommandContext): Promise<ProcessOptions> {
  const settings = await readSettings(context);
  return {
    settings,
    logLevel: (context.text("log-level") ?? "info") as LogLevel,
    leaderElect: context.flag("leader-elect") ? leaseOptions(context, settings) : undefined,
    keepDecisions: context.flag("decisions"),
    metrics: { host: context.text("bind-address") ?? "127.0.0.1", port: portOf(context, "metrics-port") },
    serveExtender: extenderOptions(context),
  };
}

async function readSettings(context: CommandContext): Promise<SchedulerSettings> {
  try {
    const plugins = settledPlugins(context.texts("plugin"), context.host.cwd);
    return await schedulerSettings({
      config: context.text("config"),
      plugins,
      schedulerName: context.text("scheduler-name"),
    });
  } catch (error) {
    throw new UsageError(messageOf(error), "See: docs/guide/policies.md");
  }
}

function portOf(context: CommandContext, name: string): number {
  const port = context.number(name) ?? 0;
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new UsageError(`--${name} is ${port}: must be a whole number from 0 (any free port) to 65535`);
}

function leaseOptions(context: CommandContext, { profiles }: SchedulerSettings): LeaseOptions {
  const schedulerName = profiles[0]?.schedulerName ?? "";
  const lease = {
    namespace: context.text("leader-elect-namespace") ?? "",
    name: context.text("leader-elect-name") ?? leaseName(schedulerName),
    leaseDurationMs: durationOf(context, "leader-elect-lease-duration"),
    renewDeadlineMs: durationOf(context, "leader-elect-renew-deadline"),
    retryPeriodMs: durationOf(context, "leader-elect-retry-period"),
  };
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = lease;
  if (retryPeriodMs < renewDeadlineMs && renewDeadlineMs < leaseDurationMs) return lease;
  throw new UsageError(
    "the times of the lease do not fit",
    "--leader-elect-retry-period must be less than --leader-elect-renew-deadline, and that less than --leader-elect-lease-duration",
  );
}

/** One lease for each scheduler name, so that two schedulers of a cluster do not wait for each other. */
function leaseName(schedulerName: string): string {
  return schedulerName.endsWith("scheduler") ? schedulerName : `${schedulerName}-scheduler`;
}

/** In seconds, or as Go writes it: 15s, 500ms. */
function durationOf(context: CommandContext, name: string): number {
  const text = context.text(name) ?? "";
  const [, count, unit = "s"] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? [];
  const ms = Number(count) * { ms: 1, s: 1000, m: 60_000 }[unit as "ms" | "s" | "m"];
  if (ms > 0) return ms;
  throw new UsageError(`--${name} is ${JSON.stringify(text)}: must be a time such as 15s or 500ms`);
}

function extenderOptions(context: CommandContext): ProcessOptions["serveExtender"] {
  const text = context.text("serve-extender");
  if (text === undefined) return undefined;
  const address = addressOf(text);
  const [cert, key, clientCa] = ["tls-cert", "tls-key", "client-ca"].map((name) =>
    context.text(`extender-${name}`),
  );
  if ((cert === undefined) !== (key === undefined) || (clientCa !== undefined && cert === undefined)) {
    throw new UsageError("--extender-tls-cert and --extender-tls-key must be given together");
  }
  if (!isLoopback(address) && clientCa === undefined) {
    throw new UsageError(
      `--serve-extender ${text} is no loopback address, and whoever reaches an extender can have pods bound`,
      "Give --extender-tls-cert, --extender-tls-key and --extender-client-ca, which the scheduler's certificate must come from",
    );
  }
  return { address, tls: cert === undefined || key === undefined ? undefined : { cert, key, clientCa } };
}

function addressOf(text: string): Address {
  try {
    return parseAddress(text);
  } catch (error) {
    throw new UsageError(`--serve-extender: ${messageOf(error)}`);
  }
}
