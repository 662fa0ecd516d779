/** Store and API server in this process, and what is started beside them: controllers, scheduler, a fake agent. */

import { expect } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { waitFor } from "../../src/client/wait-for.ts";
import { startTestServer, type TestServer } from "../../src/engine/apiserver/testing/test-server.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { createLogger, type Logger } from "../../src/lib/log.ts";
import { newObject, type Kind } from "../../src/model/kind.ts";
import { node } from "../../src/model/kinds/core/node/node.ts";
import type { KubeObject, ObjectRef } from "../../src/model/meta.ts";

/** Less than a test may take, so that it says what it waited for. */
const waitMs = 25_000;

export class ControlPlane {
  readonly server: TestServer;
  /** Ends what was started. */
  readonly stop = new AbortController();
  readonly #lines: string[] = [];
  readonly #running: Promise<unknown>[] = [];

  private constructor(server: TestServer) {
    this.server = server;
  }

  static async open(): Promise<ControlPlane> {
    return new ControlPlane(await startTestServer());
  }

  get client(): Client {
    return this.server.client;
  }

  /** What every controller wants to have. */
  get parts(): { readonly client: Client; readonly clock: typeof systemClock; readonly log: Logger } {
    const log = createLogger({ level: "warn", write: (line) => this.#lines.push(line) });
    return { client: this.client, clock: systemClock, log };
  }

  run(...work: readonly ((signal: AbortSignal) => Promise<unknown>)[]): void {
    this.#running.push(...work.map((each) => each(this.stop.signal)));
  }

  /** With room for pods. */
  async addNode(name: string, labels: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.client.create(node, newObject(node, { name, labels }, {}));
    const room = { cpu: "4", memory: "8Gi", pods: "110" };
    const body = { status: { capacity: room, allocatable: room } };
    await this.client.patch(node, { name }, { type: "merge", body }, { subresource: "status" });
  }

  /** Waits until the object is there and as wanted. */
  async until<T extends KubeObject>(
    kind: Kind<T>,
    ref: ObjectRef,
    holds: (object: T) => boolean,
  ): Promise<T> {
    const until = (object: T | undefined): boolean => object !== undefined && holds(object);
    return (await waitFor(this.client, { kind, ref, until }, { clock: systemClock, timeoutMs: waitMs })) as T;
  }

  async untilGone(kind: Kind, ref: ObjectRef): Promise<void> {
    const until = (object: KubeObject | undefined): boolean => object === undefined;
    await waitFor(this.client, { kind, ref, until }, { clock: systemClock, timeoutMs: waitMs });
  }

  /** Nothing may have been logged as a warning or a fault. */
  async close(): Promise<void> {
    this.stop.abort();
    await Promise.all(this.#running);
    await this.server[Symbol.asyncDispose]();
    expect(this.#lines).toEqual([]);
    expect(this.server.errors).toEqual([]);
  }
}
