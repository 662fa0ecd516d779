/** Statuses of commits, told to a real HTTP server that answers as it is told. */

import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { EventRecorder } from "../../client/event-recorder.ts";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/log.ts";
import { newObject } from "../../model/kind.ts";
import { build as buildKind, type Build, type BuildStatus } from "../../model/kinds/build/build/build.ts";
import { event as eventKind } from "../../model/kinds/core/event/event.ts";
import { secret as secretKind, type Secret } from "../../model/kinds/core/secret/secret.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { webhook as webhookKind, type Webhook } from "../../model/kinds/nagi/webhook/webhook.ts";
import { runStatusReporter } from "./status-reporter.ts";

const log = silentLogger;
const clock = systemClock;
const namespace = "default";
let client: FakeClient;
let events: EventRecorder;
let server: Server;
let aborter: AbortController;
let running: Promise<void>;
let answers: number[];
let told: { readonly path: string; readonly headers: IncomingHttpHeaders; readonly state: string }[];

beforeEach(async () => {
  client = new FakeClient();
  events = new EventRecorder({ client, clock, log, component: "webhooks" });
  answers = [];
  told = [];
  server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    request.on("end", () => {
      const { state } = JSON.parse(text) as { state: string };
      told.push({ path: request.url ?? "", headers: request.headers, state });
      response.writeHead(answers.shift() ?? 201).end('{"message":"as asked"}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const apiURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
  client.seed(newObject<App>(appKind, { namespace, name: "shop" }, { spec: {} }));
  const keys = { secretRef: { name: "hook", key: "secret" }, tokenRef: { name: "hook", key: "token" } };
  const spec = { app: "shop", provider: "gitea", ...keys, commitStatus: { apiURL } } as const;
  await client.create(webhookKind, newObject<Webhook>(webhookKind, { namespace, name: "shop-1a" }, { spec }));
  const data = { token: Buffer.from("t0ken\n").toString("base64") };
  client.seed(newObject<Secret>(secretKind, { namespace, name: "hook" }, { data }));
  aborter = new AbortController();
  const outside = () => Promise.resolve({ ca: "", proxies: {} });
  running = runStatusReporter({ client, events, outside, clock, log }, aborter.signal);
});
afterEach(async () => {
  aborter.abort();
  server.closeAllConnections();
  server.close();
  await running;
});

async function makeBuild(): Promise<void> {
  const labels = { "nagi.dev/app": "shop" };
  const source = { type: "Git" as const, git: { uri: "git@git.test:team/shop.git" } };
  const spec = { source, strategy: { type: "Nagi" as const }, revision: { git: { commit: "abc" } } };
  await client.create(
    buildKind,
    newObject<Build>(buildKind, { namespace, name: "shop-1", labels }, { spec }),
  );
}

async function setStatus(status: BuildStatus): Promise<void> {
  const body = { status: JSON.parse(JSON.stringify(status)) };
  await client.patch(
    buildKind,
    { namespace, name: "shop-1" },
    { type: "merge", body },
    { subresource: "status" },
  );
}

const states = () => told.map(({ state }) => state);

it("tells each state once, and again what did not arrive", async () => {
  answers.push(503);
  await makeBuild();
  await expect.poll(states, { timeout: 20_000 }).toEqual(["pending", "pending"]);
  expect(told[0]).toMatchObject({
    path: "/api/repos/team/shop/statuses/abc",
    headers: { authorization: "token t0ken" },
  });
  await setStatus({ phase: "Failed", message: "no" });
  await expect.poll(states, { timeout: 20_000 }).toEqual(["pending", "pending", "failure"]);
});

it("gives up where trying is no use, and tells the owner without the token", async () => {
  answers.push(401);
  await makeBuild();
  await expect.poll(async () => (await client.list(eventKind)).items.length, { timeout: 20_000 }).toBe(1);
  const [event] = (await client.list(eventKind)).items;
  expect(event?.reason).toBe("CommitStatusFailed");
  expect(event?.message).toMatch(
    /answers 401 \(as asked\): the token must be allowed to write commit statuses/,
  );
  expect(event?.message).not.toContain("t0ken");
  await setStatus({ phase: "Failed", message: "no" });
  await expect.poll(states, { timeout: 20_000 }).toEqual(["pending", "failure"]);
});
