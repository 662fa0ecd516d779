/**
 * HAProxy as it runs: started once and left running, told of routes and endpoints through its command line,
 * reloaded only when its structure changes.
 *
 * What must stay true: the files always describe the wanted state, so that a restart of HAProxy alone brings
 * the right thing back; what Nagi believes of the worker comes from the worker; a reload cuts no connection.
 */

import { sleep, type Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import { ManagedProcess } from "../../lib/managed-process.ts";
import { assignBackends, emptyFrame, parseFrame, type BackendFrame } from "./backend-frame.ts";
import { complainedOf, refusalOf, refusedFiles } from "./config-check.ts";
import { HaproxyCli } from "./haproxy-cli.ts";
import { renderFiles, type HaproxyFiles, type HaproxySettings } from "./haproxy-config.ts";
import { mapNames, mapText } from "./haproxy-maps.ts";
import type { RouteEndpoint } from "./route-endpoints.ts";
import { Refusals, type Accepted, type Wanted } from "./refusals.ts";
import type { RouteBackend, RouteTable } from "./route-table.ts";
import { assignSlots, slotCommands, slotsAfter, type Slot } from "./server-slots.ts";
import {
  certificateCommands,
  certificateList,
  refusedWith,
  takeAwayCommands,
  type RefusedCommand,
} from "./tls/certificate-store.ts";
import { pagesDir } from "./shown-pages.ts";
import { WrittenFiles } from "./written-files.ts";
import { mapCommands, readWorkerState, type WorkerState } from "./worker-state.ts";

/** Between two reloads: routes that come in a row share one. */
const reloadIntervalMs = 1000;
const reloadTimeoutMs = 10_000;
const reloadPollMs = 10;
/** When HAProxy refused a command, its state is read again and the rest is tried after this long. */
const refusedAgainMs = 1000;
/** It goes first when all want the processors (adr/0176): every request goes through it, and it needs little at a time. */
const routerNiceness = -10;
const harmlessAnswer =
  /^[+\s]*(New empty certificate|Transaction created|Committing|Inserting certificate|Entry .* deleted|Certificate .* deleted|New server registered|no need to change|IP changed|port changed)/;
const secretsDir = "certs";
/** What HAProxy is asked about before it is told. */
const candidate = "candidate.cfg";
const refusalMaxLength = 2000;
const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface HaproxyOptions {
  readonly dir: string;
  readonly settings: HaproxySettings;
  /** Program to run. */
  readonly binary: string;
  /** Where requests wait for a backend that sleeps; undefined: nowhere. */
  readonly hold: (id: string, backend: RouteBackend) => Promise<RouteEndpoint | undefined>;
  /** Called before a worker is replaced: what it knows goes with it. */
  readonly beforeReload?: (() => Promise<void>) | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Applied {
  /** Without what HAProxy refuses. */
  readonly table: RouteTable;
  /** The rest waits: call again after this long. */
  readonly againAfterMs?: number | undefined;
}

export class Haproxy {
  readonly #options: HaproxyOptions;
  readonly #process: ManagedProcess;
  readonly cli: HaproxyCli;
  readonly #files: WrittenFiles;
  /** By the backend's name. */
  readonly #slots = new Map<string, readonly Slot[]>();
  #frame: BackendFrame | undefined;
  /** The worker that takes new connections; undefined when it is not known what it holds. */
  #worker: WorkerState | undefined;
  readonly #refusals: Refusals;
  /** Structure that HAProxy said it would take. */
  #checked: string | undefined;
  #started = false;
  #reloadedMs = Number.NEGATIVE_INFINITY;
  reloads = 0;

  constructor(options: HaproxyOptions) {
    this.#options = options;
    this.#files = new WrittenFiles(options.dir);
    this.#refusals = new Refusals(options.log);
    const { dir, clock, log, binary } = options;
    // The kernel allows only short paths of sockets: this one is reached through the process.
    this.cli = new HaproxyCli(async () => `/proc/${(await this.#process.pid()) ?? "none"}/cwd/master.sock`);
    this.#process = new ManagedProcess({
      name: "haproxy",
      dir,
      cwd: dir,
      command: [binary, "-W", "-S", "unix@master.sock,mode,600", "-f", "haproxy.cfg"],
      // At a reload the master looks for itself there.
      env: { PATH: searchPath },
      ready: async () => (await this.cli.masterState()).workers.length > 0,
      niceness: routerNiceness,
      clock,
      log,
    });
  }

  /** Keeps HAProxy running, once the first table has been applied. */
  run(signal: AbortSignal): Promise<void> {
    return this.#process.run(signal);
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }

  /** Of the master and its workers. */
  async pids(): Promise<ReadonlySet<number>> {
    const pid = await this.#process.pid();
    if (pid === undefined) return new Set();
    const { workers } = await this.cli.masterState();
    return new Set([pid, ...workers.map((worker) => worker.pid)]);
  }

  /** `namespace:app:route` of a backend that is or was. */
  nameOf(id: string): string | undefined {
    const { assigned = {}, retired = {} } = this.#frame ?? {};
    return retired[id] ?? Object.keys(assigned).find((name) => assigned[name] === id);
  }

  /** Undefined for a backend that has not been applied yet. */
  idOf(name: string): string | undefined {
    return this.#frame?.assigned[name];
  }

  /** Forgets what it believes of the worker; the next `apply` asks it again. */
  forget(): void {
    this.#worker = undefined;
  }

  /** Brings HAProxy to the table. Not to be called again before it has ended. */
  async apply(wanted: Wanted): Promise<Applied> {
    const running = await this.#process.isRunning();
    if (running) await this.#meetWorkers();
    else this.#worker = undefined;
    const { files, table } = await this.#acceptable(wanted);
    if (!running || !this.#started) {
      // The workers, who are not root, reach their own socket there.
      await this.#files.open();
      await this.#process.start();
      this.#started = true;
      await this.#meetWorkers();
    }
    const accepted = this.#worker === undefined || (await this.#bring(this.#worker, files, table));
    if (this.#worker?.structureDigest !== files.structureDigest) {
      const waitMs = this.#reloadedMs + reloadIntervalMs - this.#options.clock.now();
      if (waitMs > 0) return { table, againAfterMs: waitMs };
      await this.#reload(files);
    }
    // Keys above all are not kept longer than they are shown.
    for (const folder of [secretsDir, pagesDir]) await this.#files.keepOnly(folder, files.contents);
    return accepted ? { table } : { table, againAfterMs: refusedAgainMs };
  }

  /** Learns which workers there are, and what the one holds that takes new connections. */
  async #meetWorkers(): Promise<void> {
    const { workers } = await this.cli.masterState();
    const pid = workers[0]?.pid;
    if (pid === this.#worker?.pid) return;
    this.#worker = pid === undefined ? undefined : await readWorkerState(this.cli, pid);
  }

  /** Writes what HAProxy should be, and continues the slots of this run or, in a new one, those of the worker. */
  async #prepare({ table, certificates, challenges }: Accepted): Promise<HaproxyFiles> {
    const names = table.backends.map(({ name }) => name);
    this.#frame ??= await this.#readFrame();
    const ownSection = new Set(
      table.backends.filter(({ lines }) => lines.length > 0).map(({ name }) => name),
    );
    this.#frame = assignBackends(this.#frame, names, ownSection);
    const known = new Set(names);
    for (const name of this.#slots.keys()) if (!known.has(name)) this.#slots.delete(name);
    for (const backend of table.backends) {
      const { name } = backend;
      const id = this.#frame.assigned[name] ?? "";
      const present = this.#slots.get(name) ?? this.#worker?.slots.get(id) ?? [];
      this.#slots.set(name, assignSlots(present, await this.#endpointsOf(id, backend)));
    }
    const given = { table, frame: this.#frame, slots: this.#slots, certificates, challenges };
    const files = renderFiles(this.#options.settings, given);
    await this.#files.write("backends.json", JSON.stringify(this.#frame));
    for (const name of mapNames) await this.#files.write(name, mapText(files.maps[name]));
    for (const [name, content] of files.contents) await this.#files.write(name, content);
    await this.#files.write(certificateList, `${certificates.lines.join("\n")}\n`);
    return files;
  }

  /** Writes the configuration, without the routes that HAProxy would refuse it for. */
  async #acceptable(wanted: Wanted): Promise<{ readonly files: HaproxyFiles; readonly table: RouteTable }> {
    const { binary, dir, log } = this.#options;
    for (;;) {
      const accepted = await this.#refusals.without(wanted);
      const { table, certificates } = accepted;
      const files = await this.#prepare(accepted);
      // What the worker runs has been taken before.
      const isNew =
        files.structureDigest !== this.#worker?.structureDigest && files.structureDigest !== this.#checked;
      if (isNew) await this.#files.write(candidate, files.config);
      const refusal = isNew ? await refusalOf(binary, dir, candidate, searchPath) : "";
      const wrong = complainedOf(files.config, refusal);
      const wrongFiles = refusedFiles(refusal, certificates.owners.keys());
      this.#refusals.refuseFiles(wrongFiles);
      if (wrong.size === 0 && wrongFiles.size === 0) {
        // What is no route's fault is told by HAProxy itself, in its log.
        if (refusal !== "")
          log.error("haproxy refuses its configuration", { refusal: refusal.slice(0, refusalMaxLength) });
        else this.#checked = files.structureDigest;
        await this.#files.write("haproxy.cfg", files.config);
        return { files, table };
      }
      for (const [id, message] of wrong) {
        const backend = table.backends.find(({ name }) => this.#frame?.assigned[name] === id);
        // A spare has no lines that could be wrong.
        if (backend === undefined)
          throw new Error(`haproxy refuses backend ${id}, which is no route's: ${message}`);
        this.#refusals.refuse(backend, message);
      }
    }
  }

  async #endpointsOf(id: string, backend: RouteBackend): Promise<readonly RouteEndpoint[]> {
    const { hold } = this.#options;
    // It holds before it is needed: an app may fall asleep between two looks.
    const holder = backend.wakes === undefined ? undefined : await hold(id, backend);
    return holder === undefined || backend.endpoints.length > 0 ? backend.endpoints : [holder];
  }

  /** Says whether the worker took everything; if not, it is asked anew next time. */
  async #bring(worker: WorkerState, files: HaproxyFiles, table: RouteTable): Promise<boolean> {
    const wanted = new Map(
      [...this.#slots].map(([name, slots]) => [this.#frame?.assigned[name] ?? "", slots]),
    );
    const backends = new Map(table.backends.map((each) => [this.#frame?.assigned[each.name] ?? "", each]));
    const commands: string[] = [];
    if (worker.certificates !== undefined) {
      commands.push(...certificateCommands(worker.certificates, files.certificates));
      worker.certificates = [...worker.certificates.slice(0, 1), ...files.certificates.lines.slice(1)];
    }
    for (const id of worker.backends) {
      const actual = worker.slots.get(id) ?? [];
      // Without a route its servers rest. The platform's own server is not ours to change.
      const slots = wanted.get(id) ?? (isFrame(id) ? actual : actual.map((slot) => ({ ...slot, up: false })));
      commands.push(...slotCommands(id, actual, slots, backends.get(id)));
      worker.slots.set(id, slotsAfter(actual, slots));
    }
    for (const name of mapNames) {
      const actual = worker.maps.get(name);
      if (actual === undefined) continue;
      commands.push(...mapCommands(name, actual, reachable(files.maps[name], worker)));
      worker.maps.set(name, reachable(files.maps[name], worker));
    }
    if (commands.length === 0) return true;
    // If it fails half-way, nobody knows what the worker holds.
    this.#worker = undefined;
    const refused = await this.#command(worker.pid, commands);
    if (refused.length > 0) {
      // Without what follows their first line: it may be a key.
      const told = refused.map(({ command, answer }) => `${command.split("\n")[0]}: ${answer}`);
      this.#options.log.warn("haproxy refused commands", { worker: worker.pid, refused: told });
      // Refused certificates are their routes' fault, and not tried again.
      const wrong = refusedWith(refused, files.certificates);
      this.#refusals.refuseFiles(wrong);
      await this.cli.onWorker(worker.pid, [...wrong.keys()].flatMap(takeAwayCommands));
      return false;
    }
    this.#worker = worker;
    return true;
  }

  async #command(pid: number, commands: readonly string[]): Promise<readonly RefusedCommand[]> {
    const answers = await this.cli.onWorker(pid, commands);
    return commands.flatMap((command, index) => {
      const answer = answers[index] ?? "";
      return answer === "" || harmlessAnswer.test(answer)
        ? []
        : [{ command, answer: answer.replace(/^[+\s]+/, "") }];
    });
  }

  async #reload(files: HaproxyFiles): Promise<void> {
    const { clock, log, beforeReload } = this.#options;
    await beforeReload?.();
    const before = await this.cli.masterState();
    const old = new Set(before.workers.map(({ pid }) => pid));
    const deadline = clock.now() + reloadTimeoutMs;
    this.#reloadedMs = clock.now();
    await this.cli.reload();
    for (;;) {
      await sleep(clock, reloadPollMs);
      // The master is away for a moment while it becomes its new self.
      const state = await this.cli.masterState().catch(() => undefined);
      const [current] = state?.workers ?? [];
      if (current !== undefined && !old.has(current.pid)) break;
      const failed = state !== undefined && state.failedReloads > before.failedReloads;
      if (failed || clock.now() > deadline) {
        throw new Error(`cannot reload haproxy: see ${this.#process.logFile}`);
      }
    }
    this.reloads += 1;
    await this.#meetWorkers();
    log.info("router reloaded", { worker: this.#worker?.pid, structure: files.structureDigest });
  }

  async #readFrame(): Promise<BackendFrame> {
    return parseFrame((await this.#files.read("backends.json")) ?? JSON.stringify(emptyFrame));
  }
}

/** Backends that are part of the frame, not of a route. */
function isFrame(id: string): boolean {
  return id.startsWith("nagi:");
}

/** A worker that waits for a reload must not be sent to backends that it has not got. */
function reachable(map: ReadonlyMap<string, string>, worker: WorkerState): ReadonlyMap<string, string> {
  const missing = (value: string): boolean => /^r\d+$/.test(value) && !worker.backends.has(value);
  return new Map([...map].filter(([, value]) => !missing(value)));
}
