import { expect, test } from "vitest";
import { FakeClock } from "../../lib/clock.ts";
import type { Container } from "../../model/kinds/core/pod/container.ts";
import { ContainerHealth } from "./container-health.ts";
import type { ProbeType } from "./probe-state.ts";

const port = 80;

class Bench {
  readonly clock = new FakeClock(0);
  readonly asked: string[] = [];
  readonly failures: string[] = [];
  readonly ok: Record<ProbeType, boolean> = { startup: false, liveness: true, readiness: false };
  /** Of checks whose time is over. */
  goesOn: Promise<void> | undefined;
  changes = 0;
  readonly health: ContainerHealth;

  constructor(container: Partial<Container>, adopted?: { started: boolean; ready: boolean }) {
    this.health = new ContainerHealth({
      container: { name: "main", ...container },
      startedMs: 0,
      adopted,
      clock: this.clock,
      check: async (type) => {
        this.asked.push(`${type}@${this.clock.now()}`);
        return { ok: this.ok[type], message: "no", goesOn: this.goesOn };
      },
      onChange: () => (this.changes += 1),
      onFailure: (type) => this.failures.push(`${type}@${this.clock.now()}`),
    });
  }

  async advance(ms: number, stepMs = 5): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      await settle();
      this.clock.advance(Math.min(stepMs, left));
    }
    await settle();
  }
}

async function settle(): Promise<void> {
  for (let turns = 0; turns < 10; turns += 1) await Promise.resolve();
}

test("without probes a container is started and ready at once", () => {
  const { health } = new Bench({});
  expect([health.started, health.ready, health.failed]).toEqual([true, true, undefined]);
});

test("readiness is seen early, its early failures do not count", async () => {
  const bench = new Bench({
    readinessProbe: { tcpSocket: { port }, periodSeconds: 10, failureThreshold: 1 },
  });
  await bench.advance(100);
  expect(bench.asked.length).toBeGreaterThan(3);
  expect(bench.failures).toEqual(["readiness@0"]);
  bench.ok.readiness = true;
  await bench.advance(40);
  expect(bench.health.ready).toBe(true);
  expect(bench.changes).toBe(1);
  const asked = bench.asked.length;
  await bench.advance(9000, 100);
  expect(bench.asked.length).toBe(asked);
  bench.ok.readiness = false;
  await bench.advance(3000, 100);
  expect(bench.health.ready).toBe(false);
});

test("liveness fails after its threshold, and only by ordinary tries", async () => {
  const bench = new Bench({
    livenessProbe: { tcpSocket: { port }, periodSeconds: 2, failureThreshold: 3, initialDelaySeconds: 5 },
  });
  bench.ok.liveness = false;
  await bench.advance(8900, 50);
  expect(bench.asked).toEqual(["liveness@5000", "liveness@7000"]);
  expect(bench.health.failed).toBeUndefined();
  await bench.advance(200, 50);
  expect(bench.health.failed).toBe("liveness");
  await bench.advance(10_000, 100);
  expect(bench.asked.length).toBe(3);
});

test("a success between failures starts the count anew", async () => {
  const bench = new Bench({ livenessProbe: { tcpSocket: { port }, periodSeconds: 1, failureThreshold: 2 } });
  for (const ok of [false, true, false, true]) {
    bench.ok.liveness = ok;
    await bench.advance(1000, 50);
  }
  expect(bench.health.failed).toBeUndefined();
});

test("the startup probe holds the others off, and fails the container after its threshold", async () => {
  const startupProbe = { tcpSocket: { port }, periodSeconds: 1, failureThreshold: 3 };
  const bench = new Bench({ startupProbe, livenessProbe: { tcpSocket: { port } } });
  await bench.advance(1900, 20);
  expect([bench.health.started, bench.health.ready, bench.health.failed]).toEqual([false, false, undefined]);
  expect(bench.asked.some((asked) => asked.startsWith("liveness"))).toBe(false);
  await bench.advance(200, 20);
  expect(bench.health.failed).toBe("startup");
  const other = new Bench({ startupProbe, readinessProbe: { tcpSocket: { port } } });
  other.ok.startup = true;
  other.ok.readiness = true;
  await other.advance(50);
  expect([other.health.started, other.health.ready]).toEqual([true, true]);
});

test("what was known before a restart of the agent holds until a probe says otherwise", async () => {
  const readinessProbe = { tcpSocket: { port }, periodSeconds: 1, failureThreshold: 2 };
  const bench = new Bench(
    { startupProbe: { tcpSocket: { port } }, readinessProbe },
    { started: true, ready: true },
  );
  await bench.advance(900, 50);
  expect(bench.health.ready).toBe(true);
  await bench.advance(200, 50);
  expect(bench.health.ready).toBe(false);
});

test("a container that is adopted before it was started or ready becomes so", async () => {
  const early = { started: false, ready: false };
  const { health } = new Bench({}, early);
  expect([health.started, health.ready]).toEqual([true, true]);
  const bench = new Bench({ startupProbe: { tcpSocket: { port } } }, early);
  expect([bench.health.started, bench.health.ready]).toEqual([false, false]);
  bench.ok.startup = true;
  await bench.advance(50);
  expect([bench.health.started, bench.health.ready]).toEqual([true, true]);
});

test("when the container is being stopped, only its readiness is asked", async () => {
  const probe = { tcpSocket: { port }, periodSeconds: 1 };
  const bench = new Bench({ livenessProbe: probe, readinessProbe: probe }, { started: true, ready: true });
  await bench.advance(10);
  bench.health.stopping();
  bench.asked.length = 0;
  await bench.advance(2000, 50);
  expect(new Set(bench.asked.map((asked) => asked.split("@")[0]))).toEqual(new Set(["readiness"]));
  bench.health.stop();
  bench.asked.length = 0;
  await bench.advance(2000, 50);
  expect(bench.asked).toEqual([]);
});

test("a check that goes on beyond its time fails again, with no second one beside it", async () => {
  const bench = new Bench({ readinessProbe: { exec: {}, periodSeconds: 1 } }, { started: true, ready: true });
  const { promise, resolve } = Promise.withResolvers<void>();
  bench.goesOn = promise;
  await bench.advance(2500);
  expect(bench.asked).toEqual(["readiness@0", "readiness@1000"]);
  expect(bench.failures).toEqual(["readiness@0", "readiness@1000", "readiness@2000"]);
  expect(bench.health.ready).toBe(false);
  resolve();
  bench.goesOn = undefined;
  bench.ok.readiness = true;
  await bench.advance(1000);
  expect(bench.asked).toEqual(["readiness@0", "readiness@1000", "readiness@3000"]);
  expect(bench.health.ready).toBe(true);
});

test("a check that never ends is made again after half a minute", async () => {
  const bench = new Bench(
    { readinessProbe: { exec: {}, periodSeconds: 10 } },
    { started: true, ready: true },
  );
  bench.goesOn = new Promise(() => undefined);
  await bench.advance(40_000, 100);
  expect(bench.asked).toEqual(["readiness@0", "readiness@10000", "readiness@40000"]);
});
