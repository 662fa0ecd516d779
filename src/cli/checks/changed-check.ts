/** A health check as the options of a command change it. */

import type { Probe } from "../../model/kinds/core/pod/probe.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import type { JsonValue } from "../../model/schema.ts";
import { UsageError, type CommandContext } from "../command.ts";
import { parseDuration } from "../duration.ts";

export const checkTypesOf = ["startup", "readiness", "liveness"] as const;
export type CheckType = (typeof checkTypesOf)[number];

const defaultPort = 8080;
const defaultIntervalSeconds = 5;

export interface CheckChange {
  readonly context: Pick<CommandContext, "text" | "number" | "flag">;
  readonly found: App;
  readonly process: string;
  /** What holds now; undefined when there is no such check. */
  readonly present: Probe | undefined;
  readonly type: CheckType;
}

/** The check, and the patch that makes it so whatever was there. */
export function changedProbe(change: CheckChange): { readonly probe: Probe; readonly patch: JsonValue } {
  const { context, present } = change;
  const asked = actionOf(change);
  const action = asked ?? actionIn(present);
  if (action === undefined)
    throw new UsageError(
      `there is no ${change.type} check of ${change.process} yet: say what is asked`,
      `For instance: nagi checks set ${change.process} --type ${change.type} --http /healthz`,
    );
  const base = asked === undefined ? present : undefined;
  const probe: Probe = {
    ...action,
    periodSeconds: seconds(context, "interval") ?? base?.periodSeconds ?? defaultIntervalSeconds,
    timeoutSeconds: seconds(context, "timeout") ?? base?.timeoutSeconds ?? 1,
    failureThreshold: failures(context) ?? base?.failureThreshold ?? 3,
    initialDelaySeconds: seconds(context, "delay", 0) ?? base?.initialDelaySeconds ?? 0,
  };
  const gone = { exec: null, httpGet: null, tcpSocket: null, grpc: null };
  return { probe, patch: { ...gone, ...withoutRest(probe) } };
}

/** Fields of the handler before that the next one does not have. */
function withoutRest(probe: Probe): Record<string, JsonValue> {
  const json = JSON.parse(JSON.stringify(probe)) as Record<string, JsonValue>;
  const { httpGet, tcpSocket } = probe;
  if (httpGet !== undefined)
    json["httpGet"] = { host: null, httpHeaders: null, scheme: null, ...(json["httpGet"] as object) };
  if (tcpSocket !== undefined) json["tcpSocket"] = { host: null, ...(json["tcpSocket"] as object) };
  return json;
}

function actionIn(probe: Probe | undefined): Probe | undefined {
  if (probe === undefined) return undefined;
  const { exec, httpGet, tcpSocket, grpc } = probe;
  const given = Object.entries({ exec, httpGet, tcpSocket, grpc }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}

function actionOf(change: CheckChange): Probe | undefined {
  const { context } = change;
  const [path, words] = [context.text("http"), context.text("command")];
  const given = [
    ...(path === undefined ? [] : ["--http"]),
    ...(context.flag("tcp") ? ["--tcp"] : []),
    ...(words === undefined ? [] : ["--command"]),
    ...(context.flag("grpc") ? ["--grpc"] : []),
  ];
  if (given.length > 1)
    throw new UsageError(`${given.join(" and ")} do not go together: one check asks one thing`);
  if (path !== undefined) {
    if (!path.startsWith("/"))
      throw new UsageError(`--http is ${JSON.stringify(path)}: must be a path that begins with /`);
    return { httpGet: { path, port: portOf(change) } };
  }
  if (words !== undefined) return { exec: { command: ["/bin/sh", "-c", words] } };
  if (context.flag("tcp")) return { tcpSocket: { port: portOf(change) } };
  if (!context.flag("grpc")) return undefined;
  const port = portOf(change);
  const service = context.text("service");
  return {
    grpc: {
      // Of gRPC, Kubernetes takes no names of ports.
      port: typeof port === "number" ? port : (change.found.spec?.port ?? defaultPort),
      ...(service === undefined ? {} : { service }),
    },
  };
}

function portOf({ context, process }: CheckChange): number | string {
  const port = context.number("port");
  if (port === undefined) {
    if (process === "web") return "http";
    throw new UsageError(`${process} has no port of its own`, "Name the one that is asked: --port PORT");
  }
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new UsageError(`--port is ${port}: must be a whole number from 1 to 65535`);
}

function seconds(context: CheckChange["context"], name: string, min = 1): number | undefined {
  const text = context.text(name);
  if (text === undefined) return undefined;
  const count = parseDuration(text, `--${name}`) / 1000;
  if (Number.isInteger(count) && count >= min) return count;
  throw new UsageError(`--${name} is ${text}: must be whole seconds, ${min}s or more`);
}

function failures(context: CheckChange["context"]): number | undefined {
  const count = context.number("failures");
  if (count === undefined || (Number.isInteger(count) && count >= 1)) return count;
  throw new UsageError(`--failures is ${count}: must be a whole number, 1 or more`);
}
