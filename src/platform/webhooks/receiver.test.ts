/** Requests that a real HTTP server hands over; deliveries are decided by the real controller. */

import { createHmac } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { EventRecorder } from "../../client/event-recorder.ts";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { FakeClock, systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/log.ts";
import { newObject } from "../../model/kind.ts";
import { build as buildKind } from "../../model/kinds/build/build/build.ts";
import { event as eventKind } from "../../model/kinds/core/event/event.ts";
import { secret as secretKind, type Secret } from "../../model/kinds/core/secret/secret.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { webhook as webhookKind, type Webhook } from "../../model/kinds/nagi/webhook/webhook.ts";
import { webhookDelivery } from "../../model/kinds/nagi/webhookdelivery/webhookdelivery.ts";
import { runDeliveries } from "./delivery-controller.ts";
import { HookReceiver } from "./receiver.ts";

const log = silentLogger;
const clock = systemClock;
let client: FakeClient;
let events: EventRecorder;
let server: Server;
let aborter: AbortController;
let running: Promise<void>;

beforeEach(async () => {
  client = new FakeClient();
  events = new EventRecorder({ client, clock, log, component: "webhooks" });
  const namespace = "default";
  const git = { uri: "https://git.test/shop", ref: "main" };
  client.seed(newObject<App>(appKind, { namespace, name: "shop" }, { spec: { source: { git } } }));
  const secretRef = { name: "hook", key: "secret" };
  const spec = { app: "shop", provider: "github", secretRef } as const;
  client.seed(newObject<Webhook>(webhookKind, { namespace, name: "shop-1a" }, { spec }));
  const data = { secret: Buffer.from("word").toString("base64") };
  client.seed(newObject<Secret>(secretKind, { namespace, name: "hook" }, { data }));
  const receiver = new HookReceiver({ client, events, clock });
  server = createServer((request, response) => void receiver.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  aborter = new AbortController();
  running = runDeliveries({ client, events, clock, log }, aborter.signal);
});
afterEach(async () => {
  aborter.abort();
  server.closeAllConnections();
  server.close();
  await running;
});

interface Sent {
  readonly path?: string;
  readonly word?: string;
  readonly id?: string;
  readonly method?: string;
  readonly commit?: string;
}

async function send({
  path = "default/shop/1a",
  word = "word",
  id = "d",
  method = "POST",
  commit = "2",
}: Sent) {
  const body = JSON.stringify({
    ref: "refs/heads/main",
    before: "1".repeat(40),
    after: commit.repeat(40),
    commits: [],
  });
  const signature = createHmac("sha256", word).update(body).digest("hex");
  const headers = {
    "x-github-event": "push",
    "x-github-delivery": id,
    "x-hub-signature-256": `sha256=${signature}`,
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/-/hooks/${path}`;
  const response = await fetch(url, { method, headers, ...(method === "POST" ? { body } : {}) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

it("answers with what was decided, and makes one build of a delivery that comes twice", async () => {
  const [one, two] = await Promise.all([send({}), send({})]);
  for (const { status, body } of [one, two]) {
    expect(status).toBe(200);
    expect(body).toMatchObject({ result: "Built", build: "shop-1" });
  }
  const { items } = await client.list(buildKind);
  expect(items).toHaveLength(1);
  expect(items[0]?.spec).toMatchObject({
    source: { git: { uri: "https://git.test/shop", ref: "main" } },
    revision: { git: { commit: "2".repeat(40) } },
  });
});

it("of several that wait builds the newest only", async () => {
  for (const [index, commit] of ["2", "3", "4"].entries()) await send({ id: `d-${index}`, commit });
  const { items } = await client.list(buildKind);
  expect(items.map(({ metadata, status }) => [metadata.name, status?.cancelled === true])).toEqual([
    ["shop-1", true],
    ["shop-2", true],
    ["shop-3", false],
  ]);
});

it("keeps nothing of what is not signed right, and tells the owner", async () => {
  const refused = await send({ word: "guess" });
  expect(refused).toEqual({
    status: 401,
    body: { message: "the request is not signed with this webhook's secret" },
  });
  expect((await client.list(webhookDelivery)).items).toEqual([]);
  await events.flushed();
  expect((await client.list(eventKind)).items[0]).toMatchObject({
    reason: "WebhookRefused",
    type: "Warning",
  });
});

it("leads nowhere but to a webhook, and takes a POST only", async () => {
  for (const path of ["default/shop/zz", "default/other/1a", "default/shop", "default/shop/1a/x", "../../x"])
    expect((await send({ path })).status, path).toBe(404);
  expect((await send({ method: "GET" })).status).toBe(405);
});

it("decides a failed one again when it is sent again", async () => {
  const found = await client.get(appKind, { namespace: "default", name: "shop" });
  const source = found.spec?.source;
  await client.update(appKind, { ...found, spec: {} });
  expect((await send({})).body).toMatchObject({ result: "Failed", reason: "NoGitSource" });
  const now = await client.get(appKind, { namespace: "default", name: "shop" });
  await client.update(appKind, { ...now, spec: { source } });
  await expect.poll(async () => (await send({})).body["result"]).toBe("Built");
});

it("asks who sends too much to wait", async () => {
  // A clock that stands still: no more is allowed while they come.
  const receiver = new HookReceiver({ client, events, clock: new FakeClock() });
  server
    .removeAllListeners("request")
    .on("request", (request, response) => void receiver.handle(request, response));
  const statuses = [];
  for (let count = 0; count < 62; count += 1) statuses.push((await send({ word: "guess" })).status);
  expect(statuses.slice(-3)).toEqual([401, 429, 429]);
});
