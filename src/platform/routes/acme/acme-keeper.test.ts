import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeClient } from "../../../client/testing/fake-client.ts";
import { decodeEntries, encodeEntries } from "../../../lib/base64.ts";
import { issueCa, issueServing } from "../../../lib/certificates/certificates.ts";
import { FakeClock } from "../../../lib/clock.ts";
import { silentLogger } from "../../../lib/log.ts";
import { newObject } from "../../../model/kind.ts";
import { secret, type Secret } from "../../../model/kinds/core/secret/secret.ts";
import type { Condition } from "../../../model/meta.ts";
import { aRoute } from "../testing/route-objects.ts";
import { AcmeKeeper } from "./acme-keeper.ts";
import { acmeLabel, acmeOrderOf, type AcmeOrder } from "./acme-orders.ts";
import { mergeOrders } from "./merged-orders.ts";
import type { AcmeAuthority, ObtainOptions } from "./obtain-certificate.ts";
import { OpenChallenges } from "./open-challenges.ts";

const ref = { namespace: "default", name: "shop-tls" };
const minuteMs = 60_000;

function anOrder(name = "shop", host = `${name}.test`): AcmeOrder {
  const annotations = { "kubernetes.io/tls-acme": "true" };
  const made = acmeOrderOf(aRoute(name, {}, { uid: `uid-${name}`, annotations }), ref.name, [host]);
  if (made === undefined) throw new Error("no order");
  return made;
}

function aSecret(type: string, labels: Record<string, string> = {}): Secret {
  const data = encodeEntries({ "tls.crt": "theirs", "tls.key": "their key" });
  return newObject<Secret>(secret, { ...ref, labels }, { type, data });
}

/** A keeper with an authority that gives to everybody. */
class Bench {
  readonly clock = new FakeClock(Date.parse("2026-06-01T00:00:00Z"));
  readonly client: FakeClient;
  readonly keeper: AcmeKeeper;
  /** The names of each certificate that was issued. */
  readonly issued: string[][] = [];
  readonly stop = new AbortController();
  /** What the authority does before it gives. */
  before: (options: ObtainOptions) => Promise<void> = () => Promise.resolve();
  running: Promise<void> = Promise.resolve();
  /** What the router's informer knows. */
  known: Secret | undefined;

  constructor(dir: string, objects: readonly Secret[]) {
    const { clock } = this;
    this.client = new FakeClient({ clock, objects });
    const authority: AcmeAuthority = {
      createAccount: () => Promise.resolve({ key: "key", url: "url" }),
      obtainCertificate: async (order, options) => {
        await this.before(options);
        this.issued.push([...order.names]);
        const nowMs = clock.now();
        const { cert, key } = await issueServing(await issueCa(nowMs), [...order.names], nowMs);
        return { certificate: cert, key };
      },
    };
    this.keeper = new AcmeKeeper({
      client: this.client,
      dir,
      outside: () => Promise.resolve({ ca: "", proxies: {} }),
      authority,
      challenges: new OpenChallenges(clock, () => undefined),
      hooks: { run: () => Promise.resolve() },
      onChange: () => undefined,
      clock,
      log: silentLogger,
    });
  }

  start(orders: readonly AcmeOrder[]): void {
    this.keeper.update(orders, () => this.known);
    this.running = this.keeper.run(this.stop.signal);
  }

  conditionOf(order: AcmeOrder): Condition {
    const [owner] = order.owners;
    if (owner === undefined) throw new Error("nobody wants it");
    return this.keeper.conditionOf(order, owner);
  }
}

let dir: string;
let bench: Bench | undefined;
const made = (...objects: Secret[]): Bench => (bench = new Bench(dir, objects));

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "nagi-acme-keeper-"));
});
afterEach(async () => {
  bench?.stop.abort();
  await bench?.running;
  await rm(dir, { recursive: true });
});

test.each([
  ["of another type", aSecret("Opaque")],
  ["of another type, with the label", aSecret("Opaque", { [acmeLabel]: "x" })],
  ["that somebody else made", aSecret("kubernetes.io/tls")],
])("a Secret %s is not written, nor is the authority asked again and again", async (_name, theirs) => {
  const { clock, client, keeper, issued } = made(theirs);
  const order = anOrder();
  bench?.start([order]);
  await vi.waitFor(() =>
    expect(bench?.conditionOf(order)).toMatchObject({
      status: "False",
      reason: "Failed",
      message: expect.stringMatching(
        /^attempt 1 failed, the next is at .*: secret shop-tls was not made here/,
      ),
    }),
  );
  clock.advance(minuteMs);
  keeper.update([order], () => undefined);
  expect(bench?.conditionOf(order).reason).toBe("Failed");
  expect(await client.get(secret, ref)).toMatchObject({ type: theirs.type, data: theirs.data });
  expect(issued).toEqual([]);
});

test("nor one that comes while the authority is asked", async () => {
  const { client } = made();
  const order = anOrder();
  if (bench === undefined) throw new Error("no bench");
  bench.before = async () => void (await client.create(secret, aSecret("Opaque")));
  bench.start([order]);
  await vi.waitFor(() => expect(bench?.conditionOf(order).reason).toBe("Failed"));
  expect(decodeEntries((await client.get(secret, ref)).data ?? {})["tls.key"]).toBe("their key");
});

test("one Secret of two routes has one certificate, of both", async () => {
  const { client, issued, clock, keeper } = made();
  const { orders } = mergeOrders([anOrder("shop"), anOrder("blog")]);
  bench?.start(orders);
  await vi.waitFor(() => expect(issued).toHaveLength(1));
  await vi.waitFor(async () => expect(await client.get(secret, ref)).toBeDefined());
  const kept = await client.get(secret, ref);
  expect(kept.metadata.ownerReferences?.map(({ name, controller }) => [name, controller])).toEqual([
    ["blog", true],
    ["shop", false],
  ]);
  clock.advance(minuteMs);
  keeper.update(orders, () => kept);
  const [order] = orders;
  if (order !== undefined) expect(bench?.conditionOf(order).reason).toBe("Issued");
  expect(issued).toEqual([["blog.test", "shop.test"]]);
});

test("a Secret that does not last is asked for at once one time, then as seldom as after failures", async () => {
  const { client, issued, clock, keeper } = made();
  const order = anOrder();
  const lose = async (): Promise<void> => {
    await vi.waitFor(async () => expect(await client.get(secret, ref)).toBeDefined());
    await client.delete(secret, ref);
    // Until then what was written is believed to be there.
    clock.advance(minuteMs);
    keeper.update([order], () => undefined);
  };
  bench?.start([order]);
  await lose();
  await vi.waitFor(() => expect(issued).toHaveLength(2));
  await lose();
  expect(bench?.conditionOf(order)).toMatchObject({
    status: "False",
    reason: "Failed",
    message: expect.stringMatching(/is gone from secret shop-tls again and again, the next is at/),
  });
  expect(issued).toHaveLength(2);
  await vi.waitFor(() => {
    clock.advance(minuteMs);
    expect(issued).toHaveLength(3);
  });
});

test("a stop while a certificate is ordered waits for nobody, and is no failure", async () => {
  const { stop } = made();
  const order = anOrder();
  const asked = Promise.withResolvers<void>();
  if (bench === undefined) throw new Error("no bench");
  bench.before = ({ challenges, signal }) => {
    asked.resolve();
    return challenges.add("shop.test", "/x", "answer", signal);
  };
  bench.start([order]);
  await asked.promise;
  stop.abort();
  await bench.running;
  expect(bench.conditionOf(order).reason).toBe("Ordering");
});
