import { describe, expect, it } from "vitest";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import type { ContainerStatus } from "../../model/kinds/core/pod/pod-status.ts";
import type { AddonBackup } from "../../model/kinds/nagi/addonbackup/addonbackup.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";
import { diagnose } from "./diagnose.ts";
import type { Evidence } from "./evidence.ts";
import { trafficOf } from "./traffic.ts";

const nowMs = Date.parse("2026-11-26T12:00:00Z");
const nothing = trafficOf([]);

const release = (version: number, phase: "Live" | "Failed", message?: string): Release => ({
  apiVersion: "nagi.dev/v1",
  kind: "Release",
  metadata: { name: `shop-v${version}` },
  spec: { app: "shop", version, image: "i", configSecret: "c", processes: { web: {} } },
  status: { phase, ...(message === undefined ? {} : { message }) },
});

const running: ContainerStatus = {
  name: "web",
  ready: true,
  restartCount: 0,
  image: "i",
  state: { running: { startedAt: "2026-11-26T11:00:00Z" } },
};

const pod = (status: Partial<ContainerStatus>, more: Partial<NonNullable<Pod["status"]>> = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "shop-web-1", uid: "u1", labels: { "nagi.dev/app": "shop", "nagi.dev/process": "web" } },
  spec: { nodeName: "node-1", containers: [{ name: "web", image: "i", ports: [{ containerPort: 5000 }] }] },
  status: { containerStatuses: [{ ...running, ...status }], ...more },
});

const healthy: Evidence = {
  app: {
    apiVersion: "nagi.dev/v1",
    kind: "App",
    metadata: { name: "shop" },
    status: { processes: { web: { desired: 1, ready: 1 } } },
  },
  releases: [release(1, "Live")],
  builds: [],
  pods: [pod({})],
  routes: [],
  nodes: [],
  addons: [],
  backups: [],
  volumes: [],
  events: [],
  decisions: new Map(),
  lastLines: new Map(),
  listeners: new Map(),
  traffic: nothing,
  routeMetrics: [],
  nodeUses: [],
  certificates: [],
  answer: { url: "http://shop.localhost", tookMs: 3, status: 200 },
  unresolvedHosts: [],
  nowMs,
};

const causes = (change: Partial<Evidence>) =>
  diagnose({ ...healthy, ...change }).map(({ cause, severity }) => `${severity} ${cause}`);

it("finds nothing wrong with a healthy app", () => {
  expect(diagnose(healthy)).toEqual([]);
});

it("says how to deploy what never was", () => {
  const [found] = diagnose({ ...healthy, releases: [], pods: [], answer: undefined });
  expect(found?.cause).toBe("NothingDeployed");
  expect(found?.next).toContain("git push nagi main");
});

it("puts what keeps an app from serving before what does not", () => {
  const releases = [release(1, "Live"), release(2, "Failed", "web: the process ended, exit code 1")];
  expect(causes({ releases, pods: [], answer: { url: "u", tookMs: 1, status: 503 } })).toEqual([
    "error NobodyAnswers",
    "warning ReleaseFailed",
  ]);
});

describe("runs of cron jobs", () => {
  const run = (at: string, phase: "Succeeded" | "Failed", exitCode: number): Pod => {
    const terminated = { exitCode, reason: phase === "Failed" ? "Error" : "Completed", finishedAt: at };
    const ended = pod({ ready: false, state: { terminated } }, { phase });
    const labels = {
      "nagi.dev/app": "shop",
      "nagi.dev/process": "cron.report",
      "nagi.dev/cron": "report",
    };
    return { ...ended, metadata: { name: `run-${at.slice(11, 13)}`, creationTimestamp: at, labels } };
  };
  const bad = run("2026-11-26T09:00:00Z", "Failed", 1);

  it("that ended well are nothing wrong, nor is one that failed before", () => {
    expect(causes({ pods: [pod({}), bad, run("2026-11-26T10:00:00Z", "Succeeded", 0)] })).toEqual([]);
  });

  it("are told of when the last one failed", () => {
    const pods = [pod({}), bad, run("2026-11-26T08:00:00Z", "Succeeded", 0)];
    const lastLines = new Map([["run-09", ["KeyError: 'DATABASE_URL'"]]]);
    const found = diagnose({ ...healthy, pods, lastLines });
    expect(found).toMatchObject([
      {
        cause: "CronRunFailed",
        severity: "warning",
        text: "the last run of cron job report failed: it asks for the config var DATABASE_URL, which is not set",
        evidence: ["run-09: exit code 1 (Error)", "| KeyError: 'DATABASE_URL'"],
      },
    ]);
    expect(found[0]?.next[0]).toBe("nagi cron logs report --app shop");
  });
});

describe("a crash", () => {
  const terminated = { exitCode: 1, reason: "Error", finishedAt: "2026-11-26T11:59:00Z" };
  const crashed = pod({ ready: false, restartCount: 3, state: { waiting: {} }, lastState: { terminated } });

  it("is explained by the last lines", () => {
    const lastLines = new Map([["shop-web-1", ["KeyError: 'DATABASE_URL'"]]]);
    const [found] = diagnose({ ...healthy, pods: [crashed], lastLines });
    expect(found?.text).toBe("web crashes: it asks for the config var DATABASE_URL, which is not set");
    expect(found?.next[0]).toBe("nagi config set DATABASE_URL=VALUE --app shop");
    expect(found?.evidence).toContain("| KeyError: 'DATABASE_URL'");
  });

  it("is a warning when the app runs again, and forgotten after an hour", () => {
    const again = { restartCount: 1, lastState: { terminated } };
    expect(causes({ pods: [pod(again)] })).toEqual(["warning Crashes"]);
    const long = { ...terminated, finishedAt: "2026-11-26T10:00:00Z" };
    expect(causes({ pods: [pod({ ...again, lastState: { terminated: long } })] })).toEqual([]);
  });

  it("names the limit that its memory went over", () => {
    const killed = pod({
      ready: false,
      restartCount: 1,
      state: { waiting: {} },
      lastState: { terminated: { ...terminated, reason: "OOMKilled", exitCode: 137 } },
    });
    const [container] = killed.spec.containers;
    if (container === undefined) throw new Error("no container");
    const limited = { ...container, resources: { limits: { memory: "64Mi" } } };
    const pods = [{ ...killed, spec: { ...killed.spec, containers: [limited] } }];
    expect(diagnose({ ...healthy, pods })[0]?.text).toContain("more memory than its limit of 64Mi");
  });
});

describe("a pod that runs and is not ready", () => {
  const pods = [pod({ ready: false })];
  const listening = (...open: readonly { port: number; isLoopback: boolean }[]) =>
    causes({ pods, listeners: new Map([["shop-web-1", open]]) });

  it("listens on another port", () => {
    expect(listening({ port: 3000, isLoopback: false })).toEqual(["error WrongPort"]);
  });

  it("listens where nobody can reach it", () => {
    expect(listening({ port: 5000, isLoopback: true })).toEqual(["error ListensOnLoopback"]);
  });

  it("does not listen", () => {
    expect(listening()).toEqual(["error DoesNotListen"]);
  });

  it("listens as it should: then its probe says more", () => {
    const events = [
      {
        apiVersion: "v1",
        kind: "Event",
        metadata: {},
        involvedObject: { uid: "u1" },
        reason: "Unhealthy",
        message: "Readiness probe failed: HTTP 500",
      },
    ];
    const listeners = new Map([["shop-web-1", [{ port: 5000, isLoopback: false }]]]);
    const [found] = diagnose({ ...healthy, pods, events, listeners });
    expect(found?.cause).toBe("NotReady");
    expect(found?.evidence).toEqual(["shop-web-1: Readiness probe failed: HTTP 500"]);
  });
});

it("passes on what would let a waiting pod run", () => {
  const waiting = pod(
    {},
    {
      containerStatuses: [],
      conditions: [
        { type: "PodScheduled", status: "False", message: "0/1 nodes are available: 1 Insufficient cpu." },
      ],
    },
  );
  const changes = [{ command: "nagi scale web=1 --app big" }];
  const decisions = new Map([
    ["shop-web-1", { suggestions: [{ summary: "s", node: "n", changes }] } as never],
  ]);
  const [found] = diagnose({ ...healthy, pods: [waiting], decisions });
  expect(found?.cause).toBe("NoNodeTakesIt");
  expect(found?.next).toEqual(["nagi scale web=1 --app big", "nagi why shop-web-1"]);
});

describe("backups of the app's add-ons", () => {
  const addons = [
    {
      apiVersion: "nagi.dev/v1",
      kind: "Addon",
      metadata: { name: "db" },
      spec: {
        service: "postgresql",
        plan: "small",
        backups: { schedule: "0 3 * * *", since: "2026-11-01T00:00:00Z" },
      },
    },
  ];
  const backup = (startedAt: string, status: AddonBackup["status"]): AddonBackup => ({
    apiVersion: "nagi.dev/v1",
    kind: "AddonBackup",
    metadata: { name: `db-${startedAt.slice(0, 10)}`, creationTimestamp: startedAt },
    spec: { addon: "db", service: "postgresql", plan: "small" },
    status: { startedAt, ...status },
  });
  const good = backup("2026-11-26T03:00:00Z", { phase: "Complete" });

  it("are no matter while they succeed", () => {
    expect(causes({ addons, backups: [backup("2026-11-25T03:00:00Z", { phase: "Failed" }), good] })).toEqual(
      [],
    );
  });

  it("are told when the last one failed, with the newest good one", () => {
    const bad = backup("2026-11-26T04:00:00Z", { phase: "Failed", message: "403 QuotaExceeded" });
    const [found] = diagnose({ ...healthy, addons, backups: [good, bad] });
    expect(found?.text).toBe("the last backup of db failed: 403 QuotaExceeded");
    expect(found?.evidence).toContain("the newest complete one is of 2026-11-26T03:00:00Z");
  });

  it("are told when one is overdue or cannot be restored", () => {
    expect(causes({ addons, backups: [backup("2026-11-25T03:00:00Z", { phase: "Complete" })] })).toEqual([
      "warning BackupOverdue",
    ]);
    const verification = {
      requestedAt: "2026-11-26T05:00:00Z",
      phase: "Failed" as const,
      message: "damaged",
    };
    const damaged = backup("2026-11-26T03:00:00Z", { phase: "Complete", verification });
    expect(causes({ addons, backups: [damaged] })).toEqual(["warning BackupNotRestorable"]);
  });
});

it("tells of volumes that hold more than they should, and soon do", () => {
  const volume = (used: number) => ({
    claim: "pages",
    path: "/data",
    usedBytes: used * 2 ** 20,
    sizeBytes: 2 ** 30,
  });
  expect(causes({ volumes: [volume(900)] })).toEqual([]);
  expect(causes({ volumes: [volume(1000)] })).toEqual(["note VolumeNearlyFull"]);
  expect(causes({ volumes: [volume(1500)] })).toEqual(["warning VolumeOverItsSize"]);
  const [found] = diagnose({ ...healthy, volumes: [volume(1500)] });
  expect(found?.text).toMatch(/^volume pages holds 1\.5 GiB of 1\.0 GiB: its size is not enforced/);
  expect(found?.next[0]).toBe("nagi exec --app shop -- du -h -d 2 /data");
});

it("calls an app slow by enough requests only", () => {
  const some = (count: number) =>
    trafficOf(
      Array.from({ length: count }, () => ({ method: "GET", path: "/", status: 200, tookMs: 2500, to: "p" })),
    );
  expect(causes({ traffic: some(19) })).toEqual([]);
  expect(causes({ traffic: some(20) })).toEqual(["warning Slow"]);
  const volumes = [{ claim: "pages", path: "/data", usedBytes: 2, sizeBytes: 1 }];
  expect(causes({ traffic: some(20), volumes })).toEqual(["warning VolumeOverItsSize", "warning Slow"]);
});

it("tells a router that is down from an app that is", () => {
  expect(causes({ answer: { url: "u", tookMs: 1, failure: "ECONNREFUSED" } })).toEqual([
    "error RouterUnreachable",
  ]);
});

it("notices that web is scaled to nothing", () => {
  const app = { ...healthy.app, status: { processes: { web: { desired: 0, ready: 0 } } } };
  expect(causes({ app, pods: [], answer: undefined })).toEqual(["error ScaledToZero"]);
});

it("takes neither an app that sleeps nor one that was stopped for broken", () => {
  const status = { processes: { web: { desired: 0, ready: 0 } } };
  const change = { pods: [], answer: undefined, webSleeps: true };
  expect(causes({ ...change, app: { ...healthy.app, status } })).toEqual([]);
  const spec = { processes: { web: { stopped: true } } };
  const [found] = diagnose({ ...healthy, ...change, app: { ...healthy.app, spec, status } });
  expect([found?.severity, found?.next]).toEqual(["note", ["nagi start --app shop"]]);
});

it("takes an app in maintenance for nothing else", () => {
  const metadata = { name: "shop", annotations: { "nagi.dev/maintenance": "on" } };
  const spec = { host: "shop.localhost", to: { kind: "Service", name: "shop" } } as const;
  const routes = [{ apiVersion: "route.openshift.io/v1", kind: "Route", metadata, spec }];
  const lines = Array.from({ length: 5 }, () => ({
    method: "GET",
    path: "/",
    status: 503,
    tookMs: 1,
    to: "none",
  }));
  const change = { routes, traffic: trafficOf(lines) };
  const found = diagnose({ ...healthy, ...change, answer: { url: "u", tookMs: 1, status: 503 } });
  expect(found.map(({ severity, next }) => [severity, ...next])).toEqual([
    ["note", "nagi maintenance off --app shop"],
  ]);
  expect(causes({ ...change, answer: { url: "u", tookMs: 1, failure: "ECONNREFUSED" } })).toContain(
    "error RouterUnreachable",
  );
});

it("tells of pods that gave way, and takes them for nothing else", () => {
  const message = "The node was low on resource: memory.";
  const terminated = { exitCode: 137, reason: "Error", finishedAt: "2026-11-26T11:59:00Z" };
  const gone = pod({ ready: false, state: { terminated } }, { phase: "Failed", reason: "Evicted", message });
  const found = diagnose({ ...healthy, pods: [gone, pod({})] });
  expect(found.map(({ cause }) => cause)).toEqual(["Evicted"]);
  expect(found[0]?.evidence).toEqual([`shop-web-1: ${message}`]);
});
