/**
 * The router: follows Routes, Services and EndpointSlices and brings HAProxy to what they say.
 *
 * What must stay true: nothing is applied before the whole state has been seen once; a change of endpoints never
 * reloads; a route is called admitted only when it is served. HAProxy outlives `run`; `stop` ends it.
 */

import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Client } from "../../client/client.ts";
import type { LogSource } from "../../client/log-source.ts";
import { backoffDelayMs } from "../../lib/backoff.ts";
import type { Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log.ts";
import type { Route } from "../../model/kinds/route/route/route.ts";
import type { Condition } from "../../model/meta.ts";
import { accessText, parseAccessLines } from "./access-line.ts";
import { AccessLog, type LineListener } from "./access-log.ts";
import { AcmeKeeper } from "./acme/acme-keeper.ts";
import type { AcmeOrder, AcmeOwner } from "./acme/acme-orders.ts";
import { dnsHooksIn } from "./acme/dns-hooks.ts";
import { createAccount, obtainCertificate, type WayOut } from "./acme/obtain-certificate.ts";
import { OpenChallenges } from "./acme/open-challenges.ts";
import { Haproxy } from "./haproxy.ts";
import { Holder } from "./holder.ts";
import type { Exposed } from "./exposed.ts";
import { IngressReports } from "./ingress/ingress-reports.ts";
import { KnownTargets } from "./known-targets.ts";
import { PortKeeper, type HolderOf } from "./tcp/port-keeper.ts";
import type { PortRange } from "./tcp/tcp-ports.ts";
import { Waker } from "./waker.ts";
import { RouteLog } from "./route-log.ts";
import { RouteMeter } from "./route-meter.ts";
import { writeRouteStatuses } from "./write-statuses.ts";
import { buildRouteTable, type RouteRule, type RouteTable } from "./route-table.ts";
import { followObjects } from "./router-objects.ts";
import { bracketed } from "./server-slots.ts";
import { LocalAuthority } from "./tls/local-authority.ts";
import { certificatesFor } from "./tls/route-certificates.ts";

/** What HAProxy holds is asked anew this often. */
const resyncMs = 60_000;
const retryBackoff = { baseMs: 200, capMs: 10_000 };
const defaultMaxConnections = 4000;
const accessRingBytes = 1024 * 1024;

export interface RouterOptions {
  readonly client: Client;
  /** Holds a folder `router` with HAProxy's files. */
  readonly dataDir: string;
  /** Where requests come in. */
  readonly httpAddresses: readonly string[];
  readonly httpPort: number;
  /** For TLS, on the same addresses. */
  readonly httpsPort: number;
  /** Of the machine, for routes of TCP, on the same addresses; none when absent. */
  readonly tcpPorts?: PortRange | undefined;
  /** Who listens on a port of the machine. */
  readonly portHolder?: HolderOf | undefined;
  /** Apps answer at `APP.domain`. */
  readonly domain: string;
  /** Answers requests for `localhost`, the addresses and the bare domain. */
  readonly platformBackend: { readonly host: string; readonly port: number };
  /** How long requests are counted before it is told; 10 s when absent. */
  readonly meterWindowMs?: number | undefined;
  /** Account of the workers, when started by root. */
  readonly user?: string | undefined;
  readonly haproxyBinary?: string | undefined;
  readonly maxConnections?: number | undefined;
  /** HAProxy's threads; half of the machine's processors when absent. */
  readonly threads?: number | undefined;
  /** Hears of the requests of routes, each once. */
  readonly onRequests?: ((requests: readonly RoutedRequest[]) => void) | undefined;
  /** The way to ACME authorities: what is trusted beside the public ones, and proxies. */
  readonly outside?: Outside | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A request as the access log tells of it. */
export interface RoutedRequest {
  readonly namespace: string;
  readonly app: string;
  readonly timeMs: number;
  readonly text: string;
}

interface Read {
  readonly table: RouteTable;
  /** What the table was made of: of nothing newer may be said that it is in force. */
  readonly routes: readonly Route[];
}

export type Outside = () => Promise<WayOut>;

export class Router {
  readonly #options: RouterOptions;
  readonly #log: Logger;
  readonly #haproxy: Haproxy;
  readonly #accessLog: AccessLog;
  readonly #authority: LocalAuthority;
  readonly #holder: Holder;
  readonly #ingressReports: IngressReports;
  readonly #challenges: OpenChallenges;
  readonly #acme: AcmeKeeper;
  readonly #targets = new KnownTargets();
  readonly #ports: PortKeeper;
  readonly #waker: Waker;
  readonly #ready = Promise.withResolvers<void>();
  readonly #platformHosts: readonly string[];
  /** The requests of a route. */
  readonly logSource: LogSource;
  /** What the router counts requests of. */
  #served: readonly Exposed[] = [];

  constructor(options: RouterOptions) {
    const { clock, domain, httpAddresses, httpPort, httpsPort } = options;
    this.#options = options;
    this.#log = options.log.child({ component: "router" });
    this.#platformHosts = [...new Set(["localhost", ...httpAddresses.map(bracketed), domain])];
    const dir = join(options.dataDir, "router");
    const { client, platformBackend } = options;
    this.#holder = new Holder({ client, port: platformBackend.port, clock, log: this.#log });
    this.#waker = new Waker(clock);
    this.#ports = new PortKeeper({
      client: options.client,
      range: options.tcpPorts,
      holderOf: options.portHolder ?? (() => undefined),
      ownPids: () => this.#haproxy.pids(),
      clock,
    });
    this.#authority = new LocalAuthority(join(dir, "tls"), clock);
    this.#haproxy = new Haproxy({
      dir,
      settings: {
        binds: httpAddresses.map((address) => ({ address, port: httpPort })),
        tlsBinds: httpAddresses.map((address) => ({ address, port: httpsPort })),
        httpsPort,
        instance: createHash("sha256").update(dir).digest("hex").slice(0, 12),
        platform: options.platformBackend,
        platformHosts: this.#platformHosts,
        user: options.user,
        maxConnections: options.maxConnections ?? defaultMaxConnections,
        threads: options.threads ?? Math.max(1, Math.floor(availableParallelism() / 2)),
        accessRingBytes,
      },
      binary: options.haproxyBinary ?? "haproxy",
      hold: (id, backend) => this.#holder.endpointOf(id, backend),
      beforeReload: () => this.#keepLines(),
      clock,
      log: this.#log,
    });
    this.#ingressReports = new IngressReports({
      ...options,
      addresses: httpAddresses,
      log: this.#log,
    });
    this.#challenges = new OpenChallenges(clock, () => this.#waker.notice());
    const acmeDir = join(options.dataDir, "acme");
    this.#acme = new AcmeKeeper({
      client: options.client,
      dir: acmeDir,
      outside: options.outside ?? (() => Promise.resolve({ ca: "", proxies: {} })),
      authority: { createAccount, obtainCertificate },
      challenges: this.#challenges,
      hooks: dnsHooksIn(join(acmeDir, "hooks")),
      onChange: () => this.#waker.notice(),
      clock,
      log: this.#log,
    });
    this.#accessLog = new AccessLog({ dir, cli: this.#haproxy.cli, clock, log: this.#log });
    const targetOf = (server: string): string | undefined => this.#targets.nameOf(server);
    const nameOf = (backend: string): string | undefined => this.#haproxy.nameOf(backend);
    this.logSource = new RouteLog({ accessLog: this.#accessLog, targetOf, nameOf, clock });
  }

  /** Resolves when the routes are served for the first time in this run. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Of the authority that vouches for hosts without a certificate of their own, in PEM. */
  localCa(): Promise<string> {
    return this.#authority.caPem();
  }

  /** Reloads so far in this run. */
  get reloads(): number {
    return this.#haproxy.reloads;
  }

  /** Of requests that were answered a moment ago. A reload does not wait for a log that cannot be read. */
  async #keepLines(): Promise<void> {
    try {
      await this.#accessLog.catchUp();
    } catch (error) {
      this.#log.debug("cannot read the access log before a reload", { error: messageOf(error) });
    }
  }

  /** Follows the API until the signal aborts; HAProxy goes on. */
  async run(signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#options;
    const objects = followObjects({ client, clock, log: this.#log });
    const running = objects.run(signal);
    const detach = objects.onChange(() => this.#waker.notice());
    const read = async (): Promise<Read> => {
      const objectsNow = objects.read();
      const routesNow = await this.#ports.assign(objectsNow.routes);
      const given = { ...objectsNow, routes: routesNow };
      const taken = await this.#ports.taken(routesNow);
      const { domain, tcpPorts: range } = this.#options;
      const options = { domain, reservedHosts: this.#platformHosts, range, taken };
      const table = buildRouteTable(given, options);
      this.#acme.update(table.orders, (key) => objects.secrets.get(key));
      return { table, routes: routesNow };
    };
    let hear: LineListener = () => undefined;
    try {
      await objects.waitForSync(signal);
      const meter = this.#meterOf();
      hear = (lines) => this.#hear(lines, meter);
      this.#accessLog.overhear(hear);
      await Promise.all([
        running,
        this.#accessLog.run(signal),
        meter.run(signal),
        this.#acme.run(signal),
        this.#follow(read, signal),
        this.#supervise(signal),
      ]);
    } finally {
      this.#accessLog.leave(hear);
      detach();
      this.#holder.stop();
    }
  }

  /** Ends HAProxy: no route is served any more. */
  stop(): Promise<void> {
    return this.#haproxy.stop();
  }

  /** Lets lines of requests be told of sooner, until what it returns is called. */
  hurry(): () => void {
    return this.#accessLog.hurry();
  }

  #hear(lines: readonly string[], meter: RouteMeter): void {
    const parsed = parseAccessLines(lines, (backend) => this.#haproxy.nameOf(backend));
    meter.hear(parsed);
    this.#options.onRequests?.(
      parsed.map((line) => {
        const { namespace, app, timeMs } = line;
        return { namespace, app, timeMs, text: accessText(line, (server) => this.#targets.nameOf(server)) };
      }),
    );
  }

  #meterOf(): RouteMeter {
    const { client, clock } = this.#options;
    return new RouteMeter({
      client,
      cli: this.#haproxy.cli,
      accessLog: this.#accessLog,
      served: () => this.#served,
      targetOf: (server) => this.#targets.nameOf(server),
      nameOf: (backend) => this.#haproxy.nameOf(backend),
      windowMs: this.#options.meterWindowMs,
      clock,
      log: this.#log,
    });
  }

  async #supervise(signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => aborted.resolve(), { once: true });
    if (signal.aborted) return;
    await Promise.race([this.ready, aborted.promise]);
    if (!signal.aborted) await this.#haproxy.run(signal);
  }

  async #follow(read: () => Promise<Read>, signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      this.#waker.begin();
      let pauseMs = resyncMs;
      try {
        const { table, routes } = await read();
        this.#served = table.exposed;
        this.#targets.remember(table);
        this.#holder.follow(table, (name) => this.#haproxy.idOf(name));
        const challenges = this.#challenges.current();
        const wanted = {
          table,
          certificatesFor: (rules: readonly RouteRule[]) =>
            certificatesFor(rules, this.#options.domain, this.#authority),
          challenges: challenges.answers,
        };
        const applied = await this.#haproxy.apply(wanted);
        const { againAfterMs } = applied;
        if (againAfterMs === undefined) challenges.applied();
        if (againAfterMs === undefined) await this.#writeStatuses(applied.table, routes);
        this.#ready.resolve();
        failures = 0;
        pauseMs = againAfterMs ?? resyncMs;
      } catch (error) {
        failures += 1;
        pauseMs = backoffDelayMs(retryBackoff, failures);
        this.#forget();
        this.#log.warn("cannot bring the router up to date, trying again", {
          failures,
          error: messageOf(error),
        });
      }
      const isNews = await this.#waker.pause(pauseMs, signal);
      if (!isNews && pauseMs >= resyncMs) this.#forget();
    }
  }

  #forget(): void {
    this.#haproxy.forget();
    this.#ports.forget();
  }

  async #writeStatuses(table: RouteTable, routes: readonly Route[]): Promise<void> {
    const { client, clock, domain } = this.#options;
    const conditionOf = (order: AcmeOrder, owner: AcmeOwner): Condition =>
      this.#acme.conditionOf(order, owner);
    await writeRouteStatuses(table, routes, { client, domain, nowMs: clock.now(), conditionOf });
    await this.#ingressReports.report(table.ingresses);
  }
}
