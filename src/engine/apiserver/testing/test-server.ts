/** An API server over a real store in a fresh directory, for tests. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "../../../client/client.ts";
import { systemClock } from "../../../lib/clock.ts";
import { createLogger, type Logger } from "../../../lib/log.ts";
import { allKinds } from "../../../model/registry.ts";
import { openStore } from "../../store/open-store.ts";
import type { Store } from "../../store/store.ts";
import type { Listening } from "../http/front-end.ts";
import { openPki } from "../pki.ts";
import { createApiServer, type ApiServer, type ApiServerOptions } from "../server.ts";

export interface TestServer {
  readonly server: ApiServer;
  readonly store: Store;
  /** As admin. */
  readonly client: Client;
  readonly directory: string;
  readonly caPem: string;
  /** What was logged as an error: faults of ours. */
  readonly errors: readonly string[];
  listen(): Promise<Listening>;
  [Symbol.asyncDispose](): Promise<void>;
}

export const admin = { username: "admin", groups: ["system:masters"] };

export async function startTestServer(overrides: Partial<ApiServerOptions> = {}): Promise<TestServer> {
  const directory = await mkdtemp(join(tmpdir(), "nagi-apiserver-"));
  const errors: string[] = [];
  const log: Logger = createLogger({ level: "error", write: (line) => errors.push(line) });
  const store = await openStore({ path: join(directory, "store.db"), log, freezeValues: true });
  const clock = overrides.clock ?? systemClock;
  const pki = await openPki({ directory: join(directory, "pki"), clock });
  const server = await createApiServer({
    store,
    kinds: allKinds,
    clock,
    log,
    version: "0.0.0",
    directory: join(directory, "auth"),
    users: [admin],
    serviceCidr: "10.96.0.0/16",
    caPem: pki.caPem,
    ...overrides,
  });
  const stopping = new AbortController();
  const running = server.run(stopping.signal);
  const listeners: Listening[] = [];
  return {
    server,
    store,
    client: server.clientFor(admin),
    directory,
    caPem: pki.caPem,
    errors,
    async listen() {
      const listening = await server.listen({ host: "127.0.0.1", port: 0, tls: await pki.current() });
      listeners.push(listening);
      return listening;
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await Promise.all(listeners.map((listening) => listening.close()));
      await running;
      await store[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
