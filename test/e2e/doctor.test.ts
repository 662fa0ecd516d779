/** `nagi doctor`: an app that ails in several ways, and what is said of it. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort } from "../../src/lib/free-port.ts";
import { runGuideExample } from "../harness/guide.ts";
import { TestPlatform, until } from "../harness/platform.ts";

let platform: TestPlatform;

beforeAll(async () => {
  platform = await TestPlatform.start();
});
afterAll(() => platform.stop());

interface Diagnosis {
  readonly findings: readonly {
    readonly cause: string;
    readonly evidence: readonly string[];
    readonly next: readonly string[];
  }[];
}

function doctor(app: string): { code: number; findings: Diagnosis["findings"] } {
  const { code, stdout } = platform.tryNagi(["doctor", app, "-o", "json"]);
  return { code, findings: (JSON.parse(stdout) as Diagnosis).findings };
}

it("finds why a deploy failed, and that all is well when it is mended", () => {
  const { code, stdout } = runGuideExample(platform, "doctor.md");
  expect(stdout).toContain(
    "error: shop: web crashes: it asks for the config var SHOP_NAME, which is not set.",
  );
  expect(stdout).toContain("$ nagi config set SHOP_NAME=VALUE --app shop");
  expect(stdout.trimEnd()).toMatch(/shop is well: nothing was found that is wrong\.$/);
  expect(code).toBe(0);
});

it("searches an app's lines, and gives them to programs", async () => {
  await platform.request("shop", "/looked-for");
  await platform.request("shop", "/other");
  const lines = () =>
    platform.nagi(["logs", "shop", "--grep", "looked-f.r", "-o", "json"]).trim().split("\n").filter(Boolean);
  await until(() => lines().length === 1, "the router's line");
  expect(JSON.parse(lines()[0] ?? "")).toMatchObject({
    source: "router",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
    text: expect.stringMatching(/^GET \/looked-for status=200 /) as string,
  });
  const { code, stderr } = platform.tryNagi(["logs", "shop", "--grep", "a("]);
  expect(code).toBe(2);
  expect(stderr).toContain('--grep is "a("');
});

it("tells that nothing was deployed", () => {
  platform.createApp("empty", ["--no-remote"]);
  const { code, findings } = doctor("empty");
  expect(code).toBe(1);
  expect(findings.map(({ cause }) => cause)).toEqual(["NothingDeployed"]);
});

it("calls a first release that crashes failed, also when it has been stopped", async () => {
  const folder = platform.repository({ Procfile: "web: sh -c 'exit 4'\n" });
  platform.createApp("sad", [], { cwd: folder });
  const { code, stdout, stderr } = platform.tryNagi(["deploy", "--app", "sad", "--dir", folder]);
  expect(code).toBe(1);
  expect(stdout + stderr).toContain("exit code 4");
  platform.nagi(["stop", "--app", "sad"]);
  const seen = () =>
    platform.kubectl(["get", "apps.nagi.dev", "sad", "-o", "jsonpath={.status.processes.web.desired}"]);
  await until(() => seen() === "0", "the app to say that nothing is to run");
  expect(doctor("sad").findings.map(({ cause }) => cause)).toContain("ReleaseFailed");
});

it("reads from the kernel on which port an app listens instead of the right one", async () => {
  const folder = platform.repository({
    "package.json": JSON.stringify({ scripts: { start: "node server.js" } }),
    "server.js": 'require("node:http").createServer().listen(3000, "127.0.0.1");',
  });
  platform.createApp("deaf", [], { cwd: folder });
  platform.nagi(["deploy", "--app", "deaf", "--dir", folder, "--no-wait"]);
  await until(() => doctor("deaf").findings[0]?.cause === "WrongPort", "the port to be found");
  expect(doctor("deaf").findings[0]?.evidence[0]).toBe("it listens on 127.0.0.1:3000");
});

it("passes on what would let a pod that waits run", async () => {
  const requests = {
    op: "add",
    path: "/spec/processes",
    value: { web: { resources: { requests: { cpu: "999" } } } },
  };
  platform.kubectl(["patch", "app", "shop", "--type=json", "-p", JSON.stringify([requests])]);
  await until(() => doctor("shop").findings[0]?.cause === "NoNodeTakesIt", "a pod to wait");
  const [found] = doctor("shop").findings;
  expect(found?.evidence[0]).toContain("Insufficient cpu");
  expect(found?.next.at(-1)).toMatch(/^nagi why shop-web-/);
});

it("refuses an app that is not there", () => {
  const { code, stderr } = platform.tryNagi(["doctor", "nobody"]);
  expect(code).toBe(2);
  expect(stderr).toContain("there is no app nobody");
});

interface Metrics {
  readonly overall: { readonly requests: number; readonly p95Ms: number };
  readonly steps: readonly {
    readonly requestsPerSecond: number;
    readonly processes: Readonly<
      Record<string, { readonly instances: number; readonly memoryBytes: number }>
    >;
  }[];
}

interface Drains {
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

interface Line {
  readonly time: string;
  readonly kind: string;
  readonly source: string;
  readonly text: string;
}

function linesOf(...options: readonly string[]): Line[] {
  const text = platform.nagi(["logs", "kiosk", "--json", ...options]);
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}

it("shows processes, router and platform as one stream", async () => {
  const { code, stdout } = runGuideExample(platform, "seeing.md");
  expect(code, stdout).toBe(0);
  for (const wanted of [
    /^\S+ platform: Build kiosk-1 is complete$/m,
    /^\S+ platform: Release v1 is live$/m,
    /^\S+ platform: Scaled clerk from 0 to 1$/m,
    /^\S+ web\.\w{5}: GET \/news$/m,
    /^\S+ clerk\.\w{5}: the till is empty$/m,
    /^\S+ platform: clerk\.\w{5} crashed with exit code 3$/m,
    /^\S+ router: GET \/news status=200 took=\d+ms .* to=kiosk-web-\S+$/m,
  ])
    await until(() => wanted.test(platform.nagi(["logs", "kiosk", "-n", "1000"])), String(wanted));
});

it("keeps lines over crashes, a kill of Nagi and a new release, none twice", async () => {
  const script = 'i=0; while true; do i=$((i+1)); echo "tick $i"; sleep 0.02; done';
  const folder = platform.repository({ Procfile: `ticker: sh -c '${script}'\n` });
  platform.nagi(["deploy", "--app", "kiosk", "--dir", folder]);
  platform.nagi(["scale", "ticker=1", "--app", "kiosk"]);
  const ticks = (): number[] =>
    linesOf("-p", "ticker", "--since", "1h").map(({ text }) => Number(text.replace("tick ", "")));
  await until(() => ticks().length > 50, "some ticks");
  await platform.kill();
  platform.up();
  const before = ticks().length;
  await until(() => ticks().length > before + 50, "more ticks");
  platform.nagi(["scale", "ticker=0", "--app", "kiosk"]);
  const all = ticks();
  expect(all).toEqual(all.map((_, index) => index + 1));
  expect(linesOf("--source", "app", "--grep", "the till is empty", "--since", "1h").length).toBeGreaterThan(
    0,
  );
  expect(platform.tryNagi(["logs", "kiosk", "--source", "proc"]).stderr).toContain(
    '--source is "proc": must be one of app, router, platform',
  );
});

it("takes a burst of a hundred thousand lines, and goes on", async () => {
  const script = 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); echo "line $i of many"; done; sleep 3600';
  const folder = platform.repository({ Procfile: `burst: sh -c '${script}'\n` });
  platform.nagi(["deploy", "--app", "kiosk", "--dir", folder]);
  platform.nagi(["scale", "burst=1", "--app", "kiosk"]);
  await until(() => linesOf("-n", "1", "-p", "burst")[0]?.text === "line 100000 of many", "the last line");
  const texts = linesOf("--since", "1h", "-p", "burst").map(({ text }) => text);
  expect(texts).toEqual(Array.from({ length: 100_000 }, (_, index) => `line ${index + 1} of many`));
});

it("sends lines to a drain, and tells of one that takes none", async () => {
  let received = "";
  const receiver = createServer((request, response) => {
    request.on("data", (chunk: Buffer) => (received += chunk.toString()));
    request.on("end", () => response.end());
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const { port } = receiver.address() as AddressInfo;
  platform.nagi(["drains", "add", `http://127.0.0.1:${port}/in`, "--source", "router", "--app", "kiosk"]);
  platform.nagi(["drains", "add", `syslog://127.0.0.1:${await freePort()}`, "--app", "kiosk"]);
  await until(async () => {
    await platform.request("kiosk", "/drained");
    return received.includes("/drained");
  }, "a request's line");
  expect(JSON.parse(received.split("\n")[0] ?? "")).toMatchObject({ app: "kiosk", kind: "router" });
  await until(() => platform.nagi(["drains", "--app", "kiosk"]).includes("Failing"), "the other to fail");
  const drains = (): string => platform.nagi(["drains", "--app", "kiosk"]);
  await until(() => / router +Sending +[1-9]/.test(drains()), "the first to have sent");
  const fails = /^drain \w{8} fails: .*ECONNREFUSED/;
  await until(
    () => linesOf("--source", "platform").some(({ text }) => fails.test(text)),
    "the failure's line",
  );
  for (const { metadata } of (JSON.parse(platform.nagi(["drains", "--app", "kiosk", "-o", "json"])) as Drains)
    .items)
    platform.nagi(["drains", "remove", metadata.name, "--app", "kiosk"]);
  receiver.close();
  const itself = platform.tryNagi([
    "drains",
    "add",
    `http://kiosk.localhost:${platform.httpPort}/in`,
    "--app",
    "kiosk",
  ]);
  expect(itself.stderr).toContain("it leads to the app kiosk itself: each line that it takes");
  const refused = platform.tryNagi(["drains", "add", "udp://somewhere", "--app", "kiosk"]);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("must be an address such as syslog+tls://logs.example.com:6514");
});

it("counts requests, errors and latencies, and gives them to Prometheus and kubectl top", async () => {
  const metrics = (): Metrics => JSON.parse(platform.nagi(["metrics", "shop", "-o", "json"])) as Metrics;
  await platform.request("shop", "/counted");
  await until(() => metrics().steps.some((step) => step.requestsPerSecond > 0), "a step with requests");
  const { overall, steps } = metrics();
  expect(overall.requests).toBeGreaterThan(0);
  expect(overall.p95Ms).toBeGreaterThan(0);
  await until(() => (metrics().steps.at(-1)?.processes["web"]?.memoryBytes ?? 0) > 1_000_000, "memory");
  expect(steps.at(-1)?.processes["web"]?.instances).toBe(1);
  expect(platform.nagi(["metrics", "shop"])).toMatch(/^web memory +\d+MB/m);
  const url = `http://127.0.0.1:${platform.httpPort}/-/metrics`;
  const secret = ["get", "secret", "nagi-metrics", "-n", "nagi-system", "-o", "jsonpath={.data.token}"];
  const headers = { authorization: `Bearer ${Buffer.from(platform.kubectl(secret), "base64").toString()}` };
  const text = await (await fetch(url, { headers })).text();
  expect(text).toMatch(/^nagi_route_requests_total\{namespace="default",app="shop",.*outcome="ok"\} [1-9]/m);
  expect(text).toMatch(/^nagi_pod_memory_bytes\{.*app="shop",process="web".*\} \d{7}/m);
  expect((await fetch(url)).status).toBe(401);
  expect((await fetch(`${url}/default/shop`, { headers })).status).toBe(401);
  expect(platform.kubectl(["top", "pods", "-l", "nagi.dev/app=shop"])).toMatch(/^shop-web-\S+ +\d+m +\d+Mi/m);

  const before = metrics().overall.requests;
  platform.nagi(["down", "--keep-apps"]);
  platform.up();
  await until(() => metrics().overall.requests >= before, "what was counted before the restart");
  expect(platform.kubectl(["top", "nodes"])).toMatch(/^node-1 +\d+m +\d+%/m);
});
