/** `nagi routes add tcp[:PORT]`: a port of the machine that leads to an app's process, or to a Service beside it. */

import { randomBytes } from "node:crypto";
import { waitFor } from "../../client/wait-for.ts";
import { systemClock } from "../../lib/clock.ts";
import { newObject } from "../../model/kind.ts";
import { addonObjectName } from "../../model/kinds/nagi/addon/addon-vars.ts";
import { appLabel, processLabel, webProcess } from "../../model/kinds/nagi/app/app-names.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { service as serviceKind, type Service } from "../../model/kinds/core/service/service.ts";
import { route as routeKind, type Route } from "../../model/kinds/route/route/route.ts";
import { autoPort, tcpName, tcpPortAnnotation, tcpPortOf } from "../../model/kinds/route/route/tcp-port.ts";
import { controllerRef, refOf, type ObjectMeta } from "../../model/meta.ts";
import { isNotFound, isStatus } from "../../model/status.ts";
import { platformInfo } from "../app.ts";
import { UsageError, type CommandContext, type Option } from "../command.ts";
import { admissionOf, allRoutesOf } from "../domains/domain-routes.ts";
import { chosenTypes } from "../process-types.ts";

/** A router that has said nothing by then is not waited for. */
const admittedWaitMs = 20_000;
const suffixBytes = 3;

export const tcpOptions: readonly Option[] = [
  { name: "process", type: "string", value: "TYPE", description: "Of add tcp: the process type (web)." },
  {
    name: "target-port",
    type: "number",
    value: "PORT",
    description: "Of add tcp: the port that the process or the Service answers at (the app's PORT).",
  },
  {
    name: "service",
    type: "string",
    value: "NAME",
    description: "Of add tcp: an add-on or another Service beside the app, in place of a process of it.",
  },
  {
    name: "tls",
    type: "boolean",
    description:
      "Of add tcp: TLS ends at the router, which shows the certificate of the domain that is asked for.",
  },
];

/** The port of `tcp` or `tcp:PORT`; undefined for what is a domain. */
export function askedPort(given: string | undefined): number | typeof autoPort | undefined {
  const [, port] = /^tcp(?::(.*))?$/.exec(given ?? "") ?? [];
  if (given === undefined || !/^tcp(:|$)/.test(given)) return undefined;
  if (port === undefined || port === autoPort) return autoPort;
  if (/^[1-9]\d{0,4}$/.test(port) && Number(port) < 65_536) return Number(port);
  throw new UsageError(
    `${given}: the port must be a number from 1 to 65535`,
    "Or tcp alone, for one of the router's choice",
  );
}

export async function addTcpRoute(
  context: CommandContext,
  found: App,
  port: number | typeof autoPort,
): Promise<void> {
  const client = await context.client();
  const { namespace, name: app = "" } = found.metadata;
  const target = await targetOf(context, found);
  const suffix = port === autoPort ? randomBytes(suffixBytes).toString("hex") : `${port}`;
  const metadata: ObjectMeta = {
    namespace,
    name: `${app}-tcp-${suffix}`,
    labels: { [appLabel]: app },
    annotations: { [tcpPortAnnotation]: `${port}` },
    ownerReferences: [controllerRef(found)],
  };
  const tls = context.flag("tls") ? { tls: { termination: "edge" as const } } : {};
  const spec: Route["spec"] = {
    to: { kind: "Service", name: target.service ?? metadata.name ?? "", weight: 100 },
    ...(target.port === undefined ? {} : { port: { targetPort: target.port } }),
    ...tls,
  };
  const present = (await allRoutesOf(context, found)).find((each) => tcpPortOf(each) === port);
  if (present !== undefined && port !== autoPort)
    throw new UsageError(
      `${app} has ${tcpName(port)} already: it leads to ${present.spec.to.name}`,
      `To lead it elsewhere: nagi routes remove ${tcpName(port)}, then add it anew`,
    );
  const made = await client.create(routeKind, newObject<Route>(routeKind, metadata, { spec }));
  if (target.service === undefined) await client.create(serviceKind, processService(made, target));
  const told = await decided(context, made);
  if (told !== undefined && admissionOf(told).isAdmitted === false) {
    await client.delete(routeKind, { namespace, name: metadata.name ?? "" });
    throw new UsageError(
      `${tcpName(port)} is not added: ${admissionOf(told).message}`,
      port === autoPort
        ? "Give one back: nagi routes remove tcp:PORT"
        : "For one of the router's choice: nagi routes add tcp",
    );
  }
  await tell(context, told, { app, tls: context.flag("tls") });
}

interface Target {
  /** Undefined: one is to be made for the process. */
  readonly service: string | undefined;
  readonly port: number | undefined;
  readonly process: string;
}

async function targetOf(context: CommandContext, found: App): Promise<Target> {
  const [process, service] = [context.text("process"), context.text("service")];
  const port = context.number("target-port");
  if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65_535))
    throw new UsageError(`--target-port is ${port}: must be a port from 1 to 65535`);
  if (service !== undefined && process !== undefined)
    throw new UsageError("--process and --service exclude each other");
  if (service === undefined) {
    const [type = webProcess] = chosenTypes(found, process === undefined ? [webProcess] : [process]);
    if (type !== webProcess && port === undefined)
      throw new UsageError(
        `which port does ${type} answer at?`,
        `nagi routes add tcp --process ${type} --target-port PORT`,
      );
    const isOwn = type === webProcess && port === undefined;
    return { service: isOwn ? found.metadata.name : undefined, port, process: type };
  }
  const there = await serviceOf(context, found, service);
  const ports = there.spec.ports ?? [];
  const fits = ({ port: own, targetPort }: (typeof ports)[number]): boolean =>
    own === port || targetPort === port;
  if (port !== undefined && !ports.some(fits))
    throw new UsageError(
      `the Service ${service} has no port ${port}`,
      `It has: ${ports.map((each) => each.port).join(", ") || "none"}`,
    );
  return { service: there.metadata.name, port, process: "" };
}

/** Of that name, or of the add-on of that name. */
async function serviceOf(
  context: CommandContext,
  { metadata: { namespace } }: App,
  given: string,
): Promise<Service> {
  const client = await context.client();
  for (const name of [given, addonObjectName(given)]) {
    try {
      return await client.get(serviceKind, { namespace, name });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  throw new UsageError(
    `there is no Service and no add-on ${given} in namespace ${namespace}`,
    "See: nagi get services, nagi addons",
  );
}

/** It goes with the route. */
function processService({ metadata, ...made }: Route, { process, port = 0 }: Target): Service {
  const app = metadata.labels?.[appLabel] ?? "";
  const { namespace, name } = metadata;
  return newObject<Service>(
    serviceKind,
    { namespace, name, labels: { [appLabel]: app }, ownerReferences: [controllerRef({ ...made, metadata })] },
    {
      spec: {
        selector: { [appLabel]: app, [processLabel]: process },
        ports: [{ name: "tcp", port, targetPort: port, protocol: "TCP" }],
      },
    },
  );
}

/** Undefined when the router has said nothing. */
async function decided(context: CommandContext, made: Route): Promise<Route | undefined> {
  const client = await context.client();
  const until = (found: Route | undefined): boolean =>
    found === undefined || admissionOf(found).isAdmitted !== undefined;
  const limits = { clock: systemClock, timeoutMs: admittedWaitMs, signal: context.signal };
  context.terminal.progress("Waiting for the router");
  try {
    return await waitFor(client, { kind: routeKind, ref: refOf(made), until }, limits);
  } catch (error) {
    if (isStatus(error, "Timeout")) return undefined;
    throw error;
  } finally {
    context.terminal.progressDone();
  }
}

async function tell(
  context: CommandContext,
  told: Route | undefined,
  { app, tls }: { readonly app: string; readonly tls: boolean },
): Promise<void> {
  const port = told === undefined ? undefined : tcpPortOf(told);
  if (told === undefined || typeof port !== "number") {
    context.terminal.print(`${app} is to have a port; the router has not said yet which`);
    return context.terminal.note("See: nagi routes");
  }
  const { domain } = await platformInfo(await context.client());
  context.terminal.print(`${app} answers at ${domain}:${port}${tls ? " over TLS" : ""}`);
  context.terminal.note(`Who may connect: nagi routes set ${tcpName(port)} --allow ADDRESSES`);
}

export async function removeTcpRoute(
  context: CommandContext,
  found: App,
  port: number | typeof autoPort,
): Promise<void> {
  const client = await context.client();
  const routes = (await allRoutesOf(context, found)).filter((each) => tcpPortOf(each) !== undefined);
  const one =
    port === autoPort && routes.length === 1 ? routes[0] : routes.find((each) => tcpPortOf(each) === port);
  const known = routes.map((each) => tcpName(tcpPortOf(each) ?? "")).join(", ");
  if (one === undefined)
    throw new UsageError(
      `app ${found.metadata.name} has no ${tcpName(port)}`,
      `It has: ${known || "no port of the machine"}`,
    );
  await client.delete(routeKind, { namespace: one.metadata.namespace, name: one.metadata.name ?? "" });
  context.terminal.print(`${found.metadata.name} no longer answers at ${tcpName(tcpPortOf(one) ?? "")}`);
}
