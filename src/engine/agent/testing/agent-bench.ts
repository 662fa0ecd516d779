/**
 * A bench for tests of the agent on a real container engine: an API in memory, an engine of its own with an image
 * made from this machine's static busybox, and agents that can be started, stopped and started again.
 */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack } from "tar-stream";
import { waitFor } from "../../../client/wait-for.ts";
import { FakeClient } from "../../../client/testing/fake-client.ts";
import { systemClock } from "../../../lib/clock.ts";
import { EngineHost } from "../../../lib/container-engine/engine-host.ts";
import { createLogger, silentLogger, type Logger } from "../../../lib/log.ts";
import { newObject } from "../../../model/kind.ts";
import { event as eventKind } from "../../../model/kinds/core/event/event.ts";
import { pod as podKind, type Pod } from "../../../model/kinds/core/pod/pod.ts";
import type { Container } from "../../../model/kinds/core/pod/container.ts";
import type { ContainerStatus } from "../../../model/kinds/core/pod/pod-status.ts";
import { createAgent, type Agent } from "../agent.ts";
import { labels } from "../container-record.ts";
import { endContainers } from "../end-containers.ts";

const commands = [
  "sh",
  "cat",
  "echo",
  "env",
  "false",
  "head",
  "httpd",
  "kill",
  "ls",
  "mkdir",
  "nc",
  "nslookup",
];
const moreCommands = [
  "sleep",
  "stat",
  "test",
  "touch",
  "true",
  "wget",
  "hostname",
  "id",
  "ip",
  "rm",
  "tail",
  "dd",
];
const waitMs = 120_000;

export interface RunningAgent {
  readonly agent: Agent;
  /** Ends the agent, not its containers. */
  stop(): Promise<void>;
}

export class AgentBench {
  readonly instance: string;
  readonly image: string;
  readonly client = new FakeClient();
  readonly host: EngineHost;
  readonly dir: string;
  readonly #log: Logger;
  readonly #stops = new Set<() => Promise<void>>();
  #pods = 0;

  private constructor(dir: string, log: Logger) {
    this.dir = dir;
    this.#log = log;
    this.instance = `test-${process.pid}-${crypto.randomUUID().slice(0, 4)}`;
    this.image = `localhost/${this.instance}/busybox:1`;
    const env = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/root" };
    this.host = new EngineHost({ dir: join(dir, "engine"), env, clock: systemClock, log });
  }

  static async open(options: { readonly verbose?: boolean } = {}): Promise<AgentBench> {
    const dir = await mkdtemp(join(tmpdir(), "nagi-agent-"));
    const write = (line: string): void => void process.stderr.write(line);
    const log = options.verbose === true ? createLogger({ level: "debug", write }) : silentLogger;
    const bench = new AgentBench(dir, log);
    await bench.host.start();
    await bench.#makeImage();
    return bench;
  }

  async startAgent(nodes = [{ name: "node-1", address: "127.0.0.1" }]): Promise<RunningAgent> {
    const agent = await createAgent({
      client: this.client,
      engine: this.host.engine,
      nodes,
      dataDir: this.dir,
      instance: this.instance,
      version: "v0.0.0-test",
      clusterDomain: "cluster.local",
      ulimits: () => this.host.ulimits,
      clock: systemClock,
      log: this.#log,
    });
    const aborter = new AbortController();
    const running = agent.run(aborter.signal);
    const stop = async (): Promise<void> => {
      aborter.abort();
      await running;
      this.#stops.delete(stop);
    };
    this.#stops.add(stop);
    return { agent, stop };
  }

  /** Creates a pod of one container, bound to the node; `spec` overrides. */
  async createPod(
    container: Partial<Container>,
    spec: Partial<Pod["spec"]> = {},
    metadata: Pod["metadata"] = {},
  ): Promise<Pod> {
    this.#pods += 1;
    const main: Container = { name: "main", image: this.image, ...container };
    const object = newObject<Pod>(
      podKind,
      { name: `pod-${this.#pods}`, namespace: "default", ...metadata },
      { spec: { nodeName: "node-1", terminationGracePeriodSeconds: 5, containers: [main], ...spec } },
    );
    return this.client.create(podKind, object);
  }

  /** Waits until the pod is as wanted; the error shows how it was. */
  async until(pod: Pod, wanted: (pod: Pod) => boolean): Promise<Pod> {
    const { name = "", namespace } = pod.metadata;
    let last: Pod | undefined;
    const until = (object: Pod | undefined): boolean => {
      last = object;
      return object !== undefined && wanted(object);
    };
    const wait = { kind: podKind, ref: { name, namespace }, until };
    const found = await waitFor(this.client, wait, { clock: systemClock, timeoutMs: waitMs }).catch(
      async (error: unknown) => {
        const events = (await this.events(pod)).join("\n");
        throw new Error(`${String(error)}\n${JSON.stringify(last?.status, undefined, 1)}\n${events}`, {
          cause: error,
        });
      },
    );
    return found as Pod;
  }

  untilReady(pod: Pod): Promise<Pod> {
    return this.until(pod, isReady);
  }

  async untilGone(pod: Pod): Promise<void> {
    const { name = "", namespace } = pod.metadata;
    const wait = {
      kind: podKind,
      ref: { name, namespace },
      until: (object: Pod | undefined) => object === undefined,
    };
    await waitFor(this.client, wait, { clock: systemClock, timeoutMs: waitMs });
  }

  /** `Type Reason Message` of the pod's events. */
  async events(pod: Pod): Promise<string[]> {
    const { items } = await this.client.list(eventKind, { namespace: pod.metadata.namespace });
    return items
      .filter(({ involvedObject }) => involvedObject.uid === pod.metadata.uid)
      .map(({ type, reason, message }) => `${type} ${reason} ${message}`);
  }

  async logs(
    agent: Agent,
    pod: Pod,
    options: Parameters<Agent["logSource"]["log"]>[1] = {},
  ): Promise<string> {
    const { name = "", namespace } = pod.metadata;
    const current = await this.client.get(podKind, { name, namespace });
    const chunks: Uint8Array[] = [];
    for await (const chunk of agent.logSource.log(current, options)) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  }

  /** Runs a shell command in the pod's running container. */
  async exec(pod: Pod, command: string, container = "main"): Promise<string> {
    const id = idOf(pod, container);
    const run = { command: ["sh", "-c", command], maxOutputBytes: 65_536 };
    return (await this.host.engine.exec(id, run)).output;
  }

  /** Ends the running container as a fault would. */
  async kill(pod: Pod, container = "main"): Promise<void> {
    await this.host.engine.killContainer(idOf(pod, container), "SIGKILL");
  }

  containers(): ReturnType<EngineHost["engine"]["listContainers"]> {
    return this.host.engine.listContainers({ [labels.instance]: this.instance });
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) await stop();
    await this.host.start();
    await endContainers(this.host.engine, { instance: this.instance, graceSeconds: 0 });
    await this.host.engine.removeImage(this.image, { force: true });
    await this.host.stop();
    await rm(this.dir, { recursive: true, force: true });
  }

  async #makeImage(): Promise<void> {
    const tar = pack();
    tar.entry({ name: "bin/busybox", mode: 0o755 }, await readFile("/bin/busybox"));
    for (const name of [...commands, ...moreCommands]) {
      tar.entry({ name: `bin/${name}`, type: "symlink", linkname: "busybox" });
    }
    tar.entry({ name: "tmp", type: "directory", mode: 0o1777 });
    tar.entry({ name: "etc/passwd" }, "root:x:0:0:root:/root:/bin/sh\n");
    tar.finalize();
    await this.host.engine.importImage(tar, this.image, ["ENV PATH=/bin", 'CMD ["/bin/sleep", "3600"]']);
  }
}

function idOf(pod: Pod, container: string): string {
  return statusOf(pod, container)?.containerID?.split("//")[1] ?? "";
}

export function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
}

export function statusOf(pod: Pod, container = "main"): ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  return [...containerStatuses, ...initContainerStatuses].find(({ name }) => name === container);
}
