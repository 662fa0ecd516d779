/** What the router, the agent and the machine count, and the certificates that the router shows. */

import { connect } from "node:tls";
import type { AppMetrics } from "../../model/app-metrics.ts";
import type { Node } from "../../model/kinds/core/node/node.ts";
import { nodeMetrics } from "../../model/kinds/metrics/nodemetrics/nodemetrics.ts";
import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { routeMetrics } from "../../model/kinds/nagi/routemetrics/routemetrics.ts";
import type { Route } from "../../model/kinds/route/route/route.ts";
import { tcpPortOf } from "../../model/kinds/route/route/tcp-port.ts";
import { milliValue } from "../../model/quantity.ts";
import { isStatus } from "../../model/status.ts";
import { platformInfo } from "../app.ts";
import { askPlatform } from "../ask-platform.ts";
import type { CommandContext } from "../command.ts";
import type { CertificateTrouble, Evidence, NodeUse } from "./evidence.ts";

const spanSeconds = 15 * 60;
const hostsMax = 10;
const handshakeMaxMs = 5000;
const dayMs = 24 * 3600_000;
const soonDays = 3;

interface Asked {
  readonly name: string;
  readonly namespace: string;
  readonly nodes: readonly Node[];
  readonly routes: readonly Route[];
}

export async function gatherNumbers(
  context: CommandContext,
  { name, namespace, nodes, routes }: Asked,
): Promise<Pick<Evidence, "metrics" | "routeMetrics" | "nodeUses" | "certificates">> {
  const client = await context.client();
  const scope = { namespace, labelSelector: `${appLabel}=${name}` };
  const path = `/-/metrics/${namespace}/${name}?seconds=${spanSeconds}`;
  const none = (error: unknown) => {
    // A Kubernetes without these kinds, or whoever asks may not see them: the other evidence has to do.
    if (isStatus(error, "NotFound", "Forbidden", "MethodNotAllowed")) return { items: [] };
    throw error;
  };
  const [metrics, counted, used, certificates] = await Promise.all([
    // A platform that does not answer is found out by the request to the app's address.
    askPlatform<AppMetrics>(context, { method: "GET", path }).catch(() => undefined),
    client.list(routeMetrics, scope).catch(none),
    client.list(nodeMetrics).catch(none),
    troubles(context, routes),
  ]);
  const nodeUses = used.items.flatMap(({ metadata, usage }): NodeUse[] => {
    const capacity = nodes.find((each) => each.metadata.name === metadata.name)?.status?.capacity;
    const all = milliValue(capacity?.["cpu"]);
    return all === 0 ? [] : [{ node: metadata.name ?? "", cpuShare: milliValue(usage?.["cpu"]) / all }];
  });
  return { metrics, routeMetrics: counted.items, nodeUses, certificates };
}

/** Of the hosts with TLS of their own: asked of the router, as a browser would. */
async function troubles(context: CommandContext, routes: readonly Route[]): Promise<CertificateTrouble[]> {
  const hosts = routes
    .filter(
      (each) =>
        each.spec.tls !== undefined &&
        tcpPortOf(each) === undefined &&
        !(each.spec.host ?? "").startsWith("*"),
    )
    .map(({ spec }) => spec.host ?? "");
  const { httpsUrl, localCa } = await platformInfo(await context.client());
  if (httpsUrl === undefined || hosts.length === 0) return [];
  const { hostname, port } = new URL(httpsUrl);
  const found = await Promise.all(
    [...new Set(hosts)].slice(0, hostsMax).map(async (host) => {
      const trouble = await troubleOf({ host, router: hostname, port: Number(port || 443), localCa });
      return trouble === undefined ? [] : [{ host, trouble }];
    }),
  );
  return found.flat();
}

interface Shown {
  readonly host: string;
  readonly router: string;
  readonly port: number;
  readonly localCa: string | undefined;
}

function troubleOf({ host, router, port, localCa }: Shown): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({
      host: router,
      port,
      servername: host,
      // The platform's own authority is no mistake of the app's.
      ...(localCa === undefined ? {} : { ca: localCa }),
      rejectUnauthorized: false,
      timeout: handshakeMaxMs,
    });
    const end = (trouble: string | undefined): void => {
      socket.destroy();
      resolve(trouble);
    };
    socket.once("secureConnect", () => {
      const { valid_to: validTo } = socket.getPeerCertificate();
      const code = String(socket.authorizationError ?? "");
      const leftMs = Date.parse(validTo ?? "") - Date.now();
      if (/EXPIRED/.test(code) || leftMs < 0) end(`it expired at ${validTo}`);
      else if (/ALTNAME|HOSTNAME/.test(code)) end(`it is for other names (${code})`);
      else if (leftMs < soonDays * dayMs) end(`it expires at ${validTo}`);
      else end(undefined);
    });
    socket.once("error", (error) => end(error.message));
    socket.once("timeout", () => end("no answer in 5 s"));
  });
}
