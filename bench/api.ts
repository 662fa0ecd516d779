/**
 * `npm run bench -- api [--json] [--pods N]`: what the API server does, in process and over HTTPS, on a durable
 * store: writes, reads, a long list, and the fan-out of watches. Objects are pods as a Deployment makes them.
 */

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Client } from "../src/client/client.ts";
import { HttpsClient } from "../src/client/https-client.ts";
import { openPki } from "../src/engine/apiserver/pki.ts";
import { createApiServer } from "../src/engine/apiserver/server.ts";
import { openStore } from "../src/engine/store/open-store.ts";
import { systemClock } from "../src/lib/clock.ts";
import { silentLogger } from "../src/lib/log.ts";
import { pod, type Pod } from "../src/model/kinds/core/pod/pod.ts";
import { allKinds } from "../src/model/registry.ts";
import { numberFlag, report, round, type Row } from "./report.ts";

const pods = numberFlag("pods", 5000);
const watchers = numberFlag("watchers", 100);
const remoteWatchers = numberFlag("remote-watchers", 200);
/** Calls under way at once: what a busy controller or scheduler has. */
const inFlight = 256;

interface Connection {
  readonly port: number;
  readonly token: string | undefined;
  readonly ca: string;
}

const folder = mkdtempSync(join(process.env["NAGI_BENCH_DIR"] ?? tmpdir(), "nagi-bench-api-"));
const rows: Row[] = [];

function podOf(name: string): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "default",
      labels: { app: "web", "pod-template-hash": "5d78c9869d" },
      ownerReferences: [
        {
          apiVersion: "apps/v1",
          kind: "ReplicaSet",
          name: "web-5d78c9869d",
          uid: "6a4c0e57-1a3b-4c9c-9c1e-52b3c2a7d0f1",
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: {
      containers: [
        {
          name: "web",
          image: "127.0.0.1:5000/default/hello:latest",
          env: [{ name: "PORT", value: "8080" }],
          ports: [{ containerPort: 8080 }],
          resources: { requests: { cpu: "100m", memory: "200Mi" } },
        },
      ],
    },
  };
}

const names = (prefix: string): string[] => Array.from({ length: pods }, (_, index) => `${prefix}-${index}`);

async function all(work: readonly string[], call: (name: string) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let name = work[next++]; name !== undefined; name = work[next++]) await call(name);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}

async function measure(what: string, count: number, run: () => Promise<unknown>): Promise<void> {
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  await run();
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  rows.push({
    what,
    perSecond: Math.round(count / seconds),
    seconds: round(seconds),
    cpuMicrosecondsEach: Math.round((user + system) / count),
  });
}

/** Every watcher sees every event; the clock stops when the last one has. */
async function fanOut(client: Client, what: string): Promise<void> {
  const { metadata } = await client.list(pod, { limit: 1 });
  const events = Math.min(pods, 1000);
  const watch = async (): Promise<void> => {
    let seen = 0;
    for await (const _event of client.watch(pod, { resourceVersion: metadata.resourceVersion })) {
      seen += 1;
      if (seen === events) return;
    }
  };
  await measure(`${what}: ${watchers} watchers, events delivered`, events * watchers, async () => {
    const watching = Array.from({ length: watchers }, watch);
    const labels = { seen: what.replace(" ", "-") };
    await all(names("a").slice(0, events), (name) =>
      client.patch(pod, { namespace: "default", name }, { type: "merge", body: { metadata: { labels } } }),
    );
    await Promise.all(watching);
  });
}

/** What the server alone spends on watchers: those are in another process, and only count. */
async function serveWatchers(client: Client, what: string, connection: Connection): Promise<void> {
  const { metadata } = await client.list(pod, { limit: 1 });
  const from = what === "changes" ? `&resourceVersion=${metadata.resourceVersion}` : "";
  const lines = what === "changes" ? Math.min(pods, 1000) : 2 * pods;
  const path = `/api/v1/pods?watch=1${from}`;
  const child = spawn(process.execPath, [join(import.meta.dirname, "api", "watchers.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const said = createInterface(child.stdout)[Symbol.asyncIterator]();
  const job = { ...connection, path, watchers: remoteWatchers, lines };
  const begin = async (): Promise<void> => {
    child.stdin.end(JSON.stringify(job));
    await said.next();
  };
  const total = remoteWatchers * lines;
  if (what === "changes") {
    await begin();
    await measure(`HTTPS: ${remoteWatchers} watchers elsewhere, ${what} sent`, total, async () => {
      await all(names("b").slice(0, lines), (name) =>
        client.patch(
          pod,
          { namespace: "default", name },
          { type: "merge", body: { metadata: { labels: { at: what } } } },
        ),
      );
      await said.next();
    });
  } else {
    await measure(`HTTPS: ${remoteWatchers} watchers elsewhere, ${what} sent`, total, async () => {
      await begin();
      await said.next();
    });
  }
}

async function exercise(client: Client, what: string, prefix: string): Promise<void> {
  const ref = (name: string) => ({ namespace: "default", name });
  await measure(`${what}: create`, pods, () => all(names(prefix), (name) => client.create(pod, podOf(name))));
  await measure(`${what}: bind`, pods, () =>
    all(names(prefix), (name) =>
      client.post(pod, ref(name), "binding", { target: { kind: "Node", name: "node-1" } }),
    ),
  );
  const status = { phase: "Running", podIP: "10.88.0.7", conditions: [{ type: "Ready", status: "True" }] };
  await measure(`${what}: patch status`, pods, () =>
    all(names(prefix), (name) =>
      client.patch(pod, ref(name), { type: "merge", body: { status } }, { subresource: "status" }),
    ),
  );
  await measure(`${what}: get`, pods, () => all(names(prefix), (name) => client.get(pod, ref(name))));
  const lists = 5;
  const listed = pods * lists;
  await measure(`${what}: list ${pods} pods, items`, listed, async () => {
    for (let index = 0; index < lists; index++) await client.list(pod, { namespace: "default", limit: pods });
  });
  await fanOut(client, what);
}

try {
  await using store = await openStore({ path: join(folder, "store.db"), log: silentLogger });
  const pki = await openPki({ directory: join(folder, "pki"), clock: systemClock });
  const admin = { username: "admin", groups: ["system:masters"] };
  const server = await createApiServer({
    store,
    kinds: allKinds,
    clock: systemClock,
    log: silentLogger,
    version: "bench",
    directory: join(folder, "auth"),
    users: [admin],
    serviceCidr: "10.96.0.0/16",
    caPem: pki.caPem,
  });
  const listening = await server.listen({ host: "127.0.0.1", port: 0, tls: await pki.current() });
  await exercise(server.clientFor(admin), "in process", "a");
  const https = new HttpsClient({
    connection: {
      server: `https://127.0.0.1:${listening.port}`,
      namespace: "default",
      token: server.tokenOf("admin"),
      ca: pki.caPem,
    },
    clock: systemClock,
  });
  await exercise(https, "HTTPS", "b");
  https.close();
  const connection = { port: listening.port, token: server.tokenOf("admin"), ca: pki.caPem };
  await serveWatchers(server.clientFor(admin), "changes", connection);
  await serveWatchers(server.clientFor(admin), "first objects", connection);
  await listening.close();
  report(`API server, ${pods} pods, ${inFlight} calls in flight`, rows, [
    "Writes are answered after fsync. HTTPS has client and server in one process.",
  ]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
