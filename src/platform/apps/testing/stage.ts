/** The controllers of apps on objects in memory, and what stands for the others around them. */

import { FakeClient } from "../../../client/testing/fake-client.ts";
import { sleep, systemClock } from "../../../lib/clock.ts";
import { silentLogger } from "../../../lib/log.ts";
import { deployment } from "../../../model/kinds/apps/deployment/deployment.ts";
import { build, type Build } from "../../../model/kinds/build/build/build.ts";
import { secret } from "../../../model/kinds/core/secret/secret.ts";
import { app as appKind, type App } from "../../../model/kinds/nagi/app/app.ts";
import { release } from "../../../model/kinds/nagi/release/release.ts";
import { newObject } from "../../../model/kind.ts";
import { StatusError } from "../../../model/status.ts";
import { runApps } from "../run-apps.ts";

export const namespace = "default";
export const shop = { namespace, name: "shop" };

export class Stage implements AsyncDisposable {
  readonly client = new FakeClient();
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  start(): this {
    const { client } = this;
    const options = {
      client,
      clock: systemClock,
      log: silentLogger,
      domain: "localhost",
      ports: { httpPort: 8080, httpsPort: 8443 },
    };
    this.#running = runApps(options, this.#stop.signal);
    return this;
  }

  createApp(spec: App["spec"] = {}): Promise<App> {
    return this.client.create(appKind, newObject<App>(appKind, shop, { spec }));
  }

  async patchApp(body: Parameters<FakeClient["patch"]>[2]["body"]): Promise<void> {
    await this.client.patch(appKind, shop, { type: "merge", body } as Parameters<FakeClient["patch"]>[2]);
  }

  async setConfig(data: Record<string, string | null>): Promise<void> {
    await this.client.patch(secret, { namespace, name: "shop-config" }, { type: "merge", body: { data } });
  }

  async completeBuild(number: number, processes: Record<string, string> = { web: "run" }): Promise<void> {
    const metadata = { namespace, name: `shop-${number}`, labels: { "nagi.dev/app": "shop" } };
    const spec = { source: { type: "Git" }, strategy: { type: "Docker" } } as unknown as Build["spec"];
    const image = `r/shop:${number}`;
    const status = { phase: "Complete" as const, outputDockerImageReference: image, processes };
    this.client.seed(newObject<Build>(build, metadata, { spec, status }));
    // A seeded object is not told to watchers: this is.
    await this.client.patch(build, metadata, {
      type: "merge",
      body: { metadata: { labels: { told: "yes" } } },
    });
  }

  /** Does what the deployment controller does, with pods that are ready at once or never. */
  async rollOut(name: string, ready: boolean): Promise<void> {
    const found = await this.client.get(deployment, { namespace, name });
    const count = found.spec.replicas ?? 1;
    const late = { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" };
    const status = {
      observedGeneration: found.metadata.generation ?? 0,
      replicas: ready ? count : count + 1,
      updatedReplicas: ready ? count : 1,
      availableReplicas: count,
      readyReplicas: count,
      conditions: ready ? [] : [late],
    };
    await this.client.patch(
      deployment,
      { namespace, name },
      { type: "merge", body: { status } },
      { subresource: "status" },
    );
  }

  async releases(): Promise<string[]> {
    const { items } = await this.client.list(release, { namespace });
    return items
      .toSorted((a, b) => a.spec.version - b.spec.version)
      .map(({ spec, status }) => `v${spec.version} ${spec.description}: ${status?.phase}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

export async function until(holds: () => Promise<unknown>): Promise<void> {
  for (;;) {
    const held = await holds().catch((error: unknown) => {
      if (error instanceof StatusError) return false;
      throw error;
    });
    if (held === true) return;
    await sleep(systemClock, 5);
  }
}
