/**
 * The configuration of HAProxy and its maps, as text. They always hold the routes and servers of the moment, so
 * that HAProxy comes back right even when it restarts without Nagi. What cannot change at runtime is the
 * structure; its digest stands in the configuration, and HAProxy tells it when asked (`show info`): it says
 * whether a reload is needed.
 */

import { createHash } from "node:crypto";
import type { BackendFrame } from "./backend-frame.ts";
import type { RouteBackend, RouteTable } from "./route-table.ts";
import { peersName } from "./backend-lines.ts";
import {
  acmeBackend,
  maintenanceBackend,
  platformBackend,
  renderMaps,
  type HaproxyMaps,
} from "./haproxy-maps.ts";
import { unknownHostPage } from "../../model/kinds/route/route/pages.ts";
import { maintenanceLines } from "./maintenance.ts";
import { errorPageLines, html, type PageFiles } from "./shown-pages.ts";
import { lookupLines, lookupsOf, standInLines } from "./route-lookups.ts";
import { tlsListeners, withoutTlsSections } from "./tls/tls-frontends.ts";
import type { CertificateFiles } from "./tls/certificate-store.ts";
import { destinationCaFile } from "./tls/route-tls.ts";
import { tcpFrontends } from "./tcp/tcp-frontends.ts";
import { bracketed, type Slot } from "./server-slots.ts";

interface Bind {
  readonly address: string;
  readonly port: number;
}

export interface HaproxySettings {
  readonly binds: readonly Bind[];
  /** Where requests come in over TLS. */
  readonly tlsBinds: readonly Bind[];
  /** Port of TLS that clients are sent to. */
  readonly httpsPort: number;
  /** Different for each router of the machine. */
  readonly instance: string;
  /** Answers the platform's own hosts. */
  readonly platform: { readonly host: string; readonly port: number };
  readonly platformHosts: readonly string[];
  /** Account of the workers, when HAProxy is started by root. */
  readonly user?: string | undefined;
  readonly maxConnections: number;
  /** HAProxy's threads. */
  readonly threads: number;
  readonly accessRingBytes: number;
}

export interface HaproxyFiles {
  readonly structureDigest: string;
  readonly config: string;
  readonly maps: HaproxyMaps;
  readonly certificates: CertificateFiles;
  /** Content by name: keys, certificates and pages, which the configuration names. */
  readonly contents: ReadonlyMap<string, string>;
}

export interface Rendered {
  readonly certificates: CertificateFiles;
  readonly table: RouteTable;
  readonly frame: BackendFrame;
  /** By the backend's name. */
  readonly slots: ReadonlyMap<string, readonly Slot[]>;
  /** Answers to ACME authorities, by host and path. */
  readonly challenges: ReadonlyMap<string, string>;
}

const unknownBackend = "nagi:unknown";
export const accessRing = "access";
/**
 * One access line: time, backend and in whose place, server, status and how it ended, bytes, milliseconds, client,
 * method, target, identity.
 */
const logFormat = "%Ts.%ms %b/%[var(txn.of)] %si:%sp %ST/%ts %B %Ta %ci %HM %HU %pid:%rt";
/**
 * To be able to repeat a request HAProxy copies a whole buffer, which costs a third of its time. The copy is for
 * requests that meet a server's closing of a connection that has rested; at this rate none rests for long.
 */
const repeatableMaxPerSecond = 2000;
/**
 * Above this rate one line of the access log in fifty is written, and every one of a failure: the ring holds some 10,000
 * lines and is looked at every two seconds, so that it keeps what any machine serves.
 */
const allLoggedMaxPerSecond = 5000;
const loggedShare = 50;

interface Frontend {
  /** Also the protocol that the app is told of. */
  readonly name: "http" | "https";
  readonly binds: readonly string[];
  /** How the backend is found. */
  readonly lookups: readonly string[];
}

export function renderFiles(settings: HaproxySettings, given: Rendered): HaproxyFiles {
  const { table, frame } = given;
  const maps = renderMaps(settings.platformHosts, table, frame, given.challenges);
  const byId = new Map(table.backends.map((backend) => [frame.assigned[backend.name] ?? "", backend]));
  const text = (digest: string, serversOf: (backend: RouteBackend) => readonly Slot[]): string =>
    [
      globalSection(settings, digest),
      defaultsSection(table.pages.common),
      frontendSection({
        name: "http",
        binds: settings.binds.map((bind) => `bind ${addressOf(bind)}`),
        lookups: lookupLines(lookupsOf(maps["hosts.map"], maps["paths.map"], maps["exact.map"])),
      }),
      ...tlsSections(settings, maps, given.certificates),
      ...tcpSections(settings, given),
      frameSections(settings, table),
      ...peersSections(settings, table),
      ...frame.ids.map((id) => backendSection(id, byId.get(id), serversOf)),
    ].join("\n");
  const structureDigest = createHash("sha256")
    .update(text("", () => []))
    .digest("hex")
    .slice(0, 32);
  const config = text(structureDigest, ({ name }) => given.slots.get(name) ?? []);
  const { certificates } = given;
  const cas = table.backends.flatMap(({ destinationCa: ca }) =>
    ca === undefined ? [] : [[destinationCaFile(ca), ca] as const],
  );
  return {
    structureDigest,
    config,
    maps,
    certificates,
    contents: new Map([...certificates.files, ...cas, ...table.pages.files]),
  };
}

function globalSection(settings: HaproxySettings, digest: string): string {
  const lines = [
    `description ${digest}`,
    `maxconn ${settings.maxConnections}`,
    `nbthread ${settings.threads}`,
    `localpeer ${peersName}`,
    ...(settings.user === undefined ? [] : [`user ${settings.user}`]),
    "stats socket unix@worker.sock mode 600 level admin expose-fd listeners",
    "stats timeout 1h",
    // After a reload, what is long (downloads, web sockets) may finish on the old worker.
    "hard-stop-after 1h",
    "mworker-max-reloads 20",
    `log ring@${accessRing} format raw local0`,
  ];
  const ring = ["format raw", "maxlen 2048", `size ${settings.accessRingBytes}`];
  return `${section("global", lines)}\n${section(`ring ${accessRing}`, ring)}`;
}

function tlsSections(
  settings: HaproxySettings,
  maps: HaproxyMaps,
  { lines: [shownWithoutName = ""] }: CertificateFiles,
): readonly string[] {
  const listening = { addresses: settings.tlsBinds.map(addressOf), ...settings, shownWithoutName };
  const { binds, sections } = tlsListeners(listening, maps["sni.map"]);
  const found = lookupsOf(maps["https-hosts.map"], maps["https-paths.map"], maps["https-exact.map"]);
  const withoutTls = withoutTlsSections(settings.httpsPort, standInLines(found, "https-"));
  return [
    frontendSection({ name: "https", binds, lookups: lookupLines(found, "https-") }),
    ...[...sections, ...withoutTls].map(({ head, lines }) => section(head, lines)),
  ];
}

function tcpSections(
  settings: HaproxySettings,
  {
    table,
    frame,
    certificates: {
      lines: [shownWithoutName = ""],
    },
  }: Rendered,
): readonly string[] {
  const addresses = settings.binds.map(({ address }) => bracketed(address));
  const idOf = (backend: string): string => frame.assigned[backend] ?? "";
  const sections = tcpFrontends({ addresses, shownWithoutName, idOf }, table.ports);
  return sections.map(({ head, lines }) => section(head, lines));
}

function addressOf({ address, port }: Bind): string {
  return `${bracketed(address)}:${port}`;
}

function defaultsSection(common: PageFiles): string {
  const page = (status: number, text: string): string =>
    `http-error status ${status} content-type text/plain lf-string "${status}: ${text}\\n"`;
  return section("defaults", [
    "mode http",
    "balance leastconn",
    "timeout client 5m",
    "timeout server 5m",
    "timeout tunnel 1h",
    "timeout connect 3s",
    "timeout http-request 15s",
    // Short, because after a reload a resting connection stays with a worker that hears of no endpoint.
    "timeout http-keep-alive 15s",
    "timeout queue 15s",
    "option forwardfor",
    // A reload lets a resting connection live until it has been used once more: no request meets a closed door.
    "option idle-close-on-response",
    // A server that is going away costs no request: another one is tried at once.
    "retries 3",
    "option redispatch 1",
    "retry-on conn-failure empty-response",
    page(502, "the app closed the connection without an answer."),
    page(503, "%[be_name,map_str(reasons.map,not available)]"),
    page(504, "the app did not answer in time."),
    ...errorPageLines(common),
  ]);
}

function frontendSection({ name, binds, lookups }: Frontend): string {
  return section(`frontend ${name}`, [
    ...binds,
    "log global",
    `log-format "${logFormat}"`,
    `http-request set-header X-Forwarded-Proto ${name}`,
    // Sending a request twice is safe only where doing it twice is.
    `http-request disable-l7-retry if { fe_req_rate(${name}) gt ${repeatableMaxPerSecond} } || !METH_GET !{ method HEAD OPTIONS }`,
    `http-response set-log-level silent if { fe_req_rate(${name}) gt ${allLoggedMaxPerSecond} } { status lt 500 } { rand(${loggedShare}) gt 0 }`,
    ...lookups,
    `default_backend ${unknownBackend}`,
  ]);
}

/** At a reload the old worker tells the new one what it has counted. Their socket is for themselves only. */
function peersSections({ user }: HaproxySettings, { backends }: RouteTable): readonly string[] {
  const counts = backends.some(({ lines }) => lines.some((line) => line.includes(` peers ${peersName} `)));
  const owner = user === undefined ? "" : ` user ${user}`;
  const lines = [`bind unix@peers.sock${owner} mode 600`, `server ${peersName}`];
  return counts ? [section(`peers ${peersName}`, lines)] : [];
}

/** Backends that are no route's. What they serve is not logged. */
function frameSections({ platform }: HaproxySettings, { pages }: RouteTable): string {
  const silent = "http-request set-log-level silent";
  const page = pages.common[unknownHostPage];
  const unknown = `http-request return status 404 content-type text/plain lf-string "404: no app answers at %[req.hdr(host)].\\n"`;
  const challenge = "req.fhdr(host),host_only,lower,concat(,txn.asked),map_str(acme.map)";
  const down = `http-error status 503 content-type text/plain string "503: the platform is not running. Start it with: nagi up\\n"`;
  return [
    section(`backend ${unknownBackend}`, [
      silent,
      page === undefined ? unknown : `http-request return status 404 ${html} file ${page}`,
    ]),
    section(`backend ${maintenanceBackend}`, maintenanceLines(pages.maintenance)),
    section(`backend ${acmeBackend}`, [
      silent,
      "http-request set-var(txn.asked) path",
      `http-request return status 200 content-type text/plain lf-string "%[${challenge}]" if { ${challenge} -m found }`,
      `http-request return status 404 content-type text/plain string "404: no certificate is being asked for by this.\\n"`,
    ]),
    section(`backend ${platformBackend}`, [
      silent,
      // A push sends as much as it needs to, and its answer is the log of a whole build.
      "timeout server 1h",
      "retry-on conn-failure",
      down,
      `server platform ${bracketed(platform.host)}:${platform.port}`,
    ]),
  ].join("\n");
}

function backendSection(
  id: string,
  backend: RouteBackend | undefined,
  serversOf: (backend: RouteBackend) => readonly Slot[],
): string {
  const servers = backend === undefined ? [] : serversOf(backend);
  return section(`backend ${id}`, [
    ...(backend?.lines ?? []),
    ...servers.filter(({ up }) => up).map((slot) => serverLine(slot, backend?.serverOptions ?? "")),
  ]);
}

function serverLine({ name, address, port, weight }: Slot, options: string): string {
  return `server ${name} ${bracketed(address)}:${port} weight ${weight} ${options}`.trimEnd();
}

function section(head: string, lines: readonly string[]): string {
  return `${head}\n${lines.map((line) => `  ${line}\n`).join("")}`;
}
