/** Domains and routes, as a user of the guide meets them. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runGuideExample } from "../harness/guide.ts";
import { TestPlatform, until } from "../harness/platform.ts";

let platform: TestPlatform;

beforeAll(async () => {
  platform = await TestPlatform.start();
});
afterAll(() => platform.stop());

it("gives an app domains, wildcards and paths of other sites", () => {
  const { code, stdout } = runGuideExample(platform, "routes.md");
  expect(stdout).toContain("shop answers at shop.example.test too");
  expect(stdout).toMatch(/^\*\.shop\.example\.test +shop +no +served$/m);
  expect(stdout).toMatch(/^shop\.example\.test:\d+ asks for \/cart$/m);
  expect(stdout).toMatch(/^any\.shop\.example\.test:\d+ asks for \/cart$/m);
  expect(stdout).toMatch(/^example\.test:\d+ asks for \/cart$/m);
  expect(stdout).toMatch(/^shop no longer answers at example\.test\/shop$/m);
  expect(stdout).toMatch(/^<h1>We are moving shelves<\/h1>$/m);
  expect(stdout.trimEnd()).toMatch(/shop answers as usual again$/);
  expect(code).toBe(0);
});

it("says who has a domain already, and leaves the other app as it was", () => {
  platform.createApp("late", ["--no-remote"]);
  const { code, stderr } = platform.tryNagi(["domains", "add", "shop.example.test", "--app", "late"]);
  expect(code).not.toBe(0);
  expect(stderr).toContain("shop.example.test is not added: route default/shop.shop.example.test already");
  expect(stderr).toContain("app shop in namespace default has it.");
  expect(platform.kubectl(["get", "app", "late", "-o", "jsonpath={.spec.domains}"])).toBe("[]");
});

it.each([
  [
    ["domains", "add", "http://x.test", "--app", "late"],
    'the domain is "http://x.test": must be a host without http://',
  ],
  [["domains", "add", "*.test", "--app", "late"], "a wildcard needs a domain of two parts or more"],
  [["domains", "remove", "x.test", "--app", "late"], "app late has no domain x.test"],
  [["routes", "set", "x.test", "--timeout", "5s", "--app", "late"], "It has: late.localhost"],
  [
    ["routes", "set", "--timeout", "soon", "--app", "late"],
    '--timeout is "soon": must be a whole number with a unit',
  ],
  [["routes", "error-page", "500", "x.html", "--app", "late"], 'there is no page "500": there are 502, 503'],
  [["routes", "error-page", "404", "x.html", "--app", "late"], "add --platform"],
  [["routes", "error-page", "503", "missing.html", "--app", "late"], "cannot read missing.html"],
  [
    ["certs", "auto", "--acme", "--server", "https://ca.test/dir", "--eab-kid", "k", "--app", "late"],
    "--eab-kid and --eab-key-file belong together",
  ],
  [["routes", "set", "--basic-auth", "ann", "--app", "late"], "--basic-auth must be NAME:PASSWORD"],
  [["routes", "set", "--allow", "10.0.0.0/40", "--app", "late"], '"10.0.0.0/40" is none: must be addresses'],
  [
    ["certs", "auto", "--acme", "--app", "late"],
    "late.localhost: Let's Encrypt gives certificates for names of the public",
  ],
  [
    ["certs", "auto", "--acme", "--server", "ca", "--app", "late"],
    '--server is "ca": must be the https URL of an ACME directory',
  ],
  [["certs", "auto", "--email", "a@x.test", "--app", "late"], "Add --acme"],
])("refuses %j", (argv, message) => {
  const { code, stderr } = platform.tryNagi(argv);
  expect(code).not.toBe(0);
  expect(stderr).toContain(message);
});

it("refuses a wrong annotation, whoever writes it", () => {
  const wrong = "haproxy.router.openshift.io/timeout=soon";
  const { code, stderr } = platform.run("kubectl", ["annotate", "route", "late", wrong]);
  expect(code).not.toBe(0);
  expect(stderr).toContain("metadata.annotations[haproxy.router.openshift.io/timeout]");
});

it("sets nothing of HTTP where TLS passes through, and says so", () => {
  platform.createApp("raw", ["--no-remote"]);
  const body = JSON.stringify({
    apiVersion: "route.openshift.io/v1",
    kind: "Route",
    metadata: { name: "raw-tls", labels: { "nagi.dev/app": "raw" } },
    spec: { host: "tls.raw.test", to: { name: "raw" }, tls: { termination: "passthrough" } },
  });
  platform.ok("kubectl", ["apply", "-f", "-"], { input: body });
  const note = "The router reads no HTTP at tls.raw.test";
  const on = platform.tryNagi(["maintenance", "on", "--app", "raw"]);
  expect([on.code, on.stdout]).toEqual([0, expect.stringContaining("raw is in maintenance")]);
  expect(on.stderr).toContain(`${note}: the app answers there as before.`);
  platform.nagi(["maintenance", "off", "--app", "raw"]);
  const all = platform.tryNagi(["routes", "set", "--max-body", "1m", "--app", "raw"]);
  expect([all.code, all.stdout]).toEqual([0, expect.stringMatching(/^raw\.localhost +max-body +1m$/m)]);
  expect(all.stderr).toContain(`${note}: nothing is set there.`);
  const one = platform.tryNagi(["routes", "set", "tls.raw.test", "--max-body", "1m", "--app", "raw"]);
  expect(one.code).not.toBe(0);
  expect(one.stderr).toContain("it is about HTTP; a route that passes TLS through can have timeout");
});

it("refuses pages that cannot be shown, whoever writes them", () => {
  const body = JSON.stringify({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "late-pages", labels: { "nagi.dev/pages": "late" } },
    data: { "500.html": "x", "503.html": "x".repeat(15_000) },
  });
  const { code, stderr } = platform.run("kubectl", ["apply", "-f", "-"], { input: body });
  expect(code).not.toBe(0);
  expect(stderr).toContain("data[500.html]: Invalid value");
  expect(stderr).toContain("must be no more than 14336 bytes, and has 15000");
});

it("lets in who may, and answers in an app's place while it is worked on", async () => {
  const given = [
    "--basic-auth",
    "ann:it's: secret",
    "--basic-auth",
    "bob:b",
    "--response-header",
    "X-Zone: a",
  ];
  const shown = platform.nagi(["routes", "set", "shop.localhost", ...given, "--app", "shop"]);
  expect(shown).toMatch(/^shop\.localhost +basic-auth +ann\nshop\.localhost +basic-auth +bob$/m);
  expect(platform.kubectl(["get", "route", "shop", "-o", "yaml"])).not.toContain("secret");
  await until(async () => (await platform.request("shop")).status === 401, "a password to be asked for");
  const url = `http://127.0.0.1:${platform.httpPort}/`;
  const asked = ["-si", "-u", "ann:it's: secret", "-H", "Host: shop.localhost", url];
  expect(platform.ok("curl", asked)).toMatch(/^HTTP\/1\.1 200 [^]*^x-zone: a\r$/m);
  platform.nagi(["routes", "set", "--basic-auth", "off", "--app", "shop"]);
  await until(async () => (await platform.request("shop")).status === 200, "everybody to be let in");

  platform.nagi(["maintenance", "on", "Back", "at", "noon.", "--app", "shop"]);
  await until(async () => (await platform.request("shop")).status === 503, "maintenance");
  expect((await platform.request("shop")).text).toBe("503: Back at noon.\n");
  expect(platform.nagi(["maintenance", "--app", "shop"])).toBe("shop is in maintenance\n");
  platform.nagi(["maintenance", "off", "--app", "shop"]);
  await until(async () => (await platform.request("shop")).status === 200, "the app again");
});

it("serves an app over HTTPS, with certificates of the platform's and of one's own", () => {
  const { code, stdout } = runGuideExample(platform, "tls.md");
  expect(stdout.match(/^over https$/gm)).toHaveLength(2);
  expect(stdout).toMatch(/^location: https:\/\/bank\.localhost:\d+\/\r?$/m);
  expect(stdout).toMatch(/^bank\.localhost +local +renewed by itself +redirect$/m);
  expect(stdout).toMatch(/^bank\.example\.test +own +\d{4}-\d\d-\d\d +redirect$/m);
  expect(stdout).toMatch(/^Problem: +none$/m);
  expect(code).toBe(0);
});

it("gives an app a port of the machine, and says who has one already", () => {
  const { code, stdout } = runGuideExample(platform, "tcp.md");
  expect(stdout).toMatch(/^echo answers at localhost:\d+$/m);
  expect(stdout).toMatch(/^you said hello$/m);
  expect(stdout).toMatch(/^tcp:\d+ +allow +127\.0\.0\.0\/8$/m);
  expect(stdout.trimEnd()).toMatch(/echo no longer answers at tcp:\d+$/);
  expect(code).toBe(0);
  const add = (...argv: string[]) => platform.tryNagi(["routes", "add", ...argv, "--app", "echo"]);
  // Somebody of the machine has the port of HTTP, which is not in the range either.
  expect(add(`tcp:${platform.httpPort}`).stderr).toContain(`tcp:${platform.httpPort} is not added: port`);
  expect(add("tcp:many").stderr).toContain("tcp:many: the port must be a number from 1 to 65535");
  expect(add("tcp", "--service", "nothing").stderr).toContain("there is no Service and no add-on nothing");
  expect(add("tcp", "--process", "mqtt").stderr).toContain('app echo has no process type "mqtt"');
  const own = platform.nagi(["routes", "add", "tcp", "--app", "echo"]);
  const port = /localhost:(\d+)/.exec(own)?.[1] ?? "";
  const other = platform.tryNagi(["routes", "add", `tcp:${port}`, "--app", "shop"]);
  expect(other.stderr).toContain(`tcp:${port} is not added: route echo-tcp-`);
  expect(platform.kubectl(["get", "routes", "-l", "nagi.dev/app=shop"])).not.toContain("tcp");
});

it("refuses certificates that do not fit, and says how", () => {
  const folder = mkdtempSync(join(tmpdir(), "nagi-certs-"));
  const make = (name: string, days: string): void => {
    const files = ["-keyout", `${name}.key`, "-out", `${name}.crt`, "-days", days];
    const names = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`];
    const argv = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...names, ...files];
    platform.ok("openssl", argv, { cwd: folder });
  };
  make("late.localhost", "1");
  make("other.test", "1");
  const add = (...argv: string[]): string =>
    platform.tryNagi(["certs", "add", ...argv, "--app", "late"], { cwd: folder }).stderr;
  expect(add("late.localhost.crt", "other.test.key")).toContain(
    "other.test.key: does not belong to the certificate of late.localhost",
  );
  expect(add("other.test.crt", "other.test.key")).toContain(
    "other.test.crt: the certificate is for other.test, not for late.localhost",
  );
  expect(add("late.localhost.key", "late.localhost.key")).toContain(
    "must be certificates in PEM and nothing else, but holds PRIVATE KEY too",
  );
  expect(add("late.localhost.crt", "late.localhost.key", "--chain", "other.test.crt")).toContain(
    "other.test did not issue late.localhost",
  );
  expect(add("missing.crt", "missing.key")).toContain("cannot read missing.crt");
  expect(add("late.localhost.crt", "late.localhost.key")).toBe("");
  rmSync(folder, { recursive: true });
});

it("serves Ingresses beside Routes, and tells who was first", () => {
  const { code, stdout } = runGuideExample(platform, "ingress.md");
  expect(stdout).toMatch(
    /^press +nagi +press\.example\.test,\*\.press\.example\.test +127\.0\.0\.1\S* +80, 443 /m,
  );
  expect(stdout).toMatch(/^press is asked for \/today$/m);
  expect(stdout).toMatch(/^press is asked for \/news\/1$/m);
  expect(stdout).toMatch(
    /^ +Normal +Served .* the router serves press\.example\.test\/, \*\.press\.example\.test\/news$/m,
  );
  expect(stdout).not.toContain("<error");
  expect(code).toBe(0);

  const late = ["ingress", "late", "--rule=press.localhost/*=press:80", "--class=nagi"];
  platform.kubectl(["create", ...late]);
  const told =
    "press.localhost/ is not served: route default/press already exposes press.localhost and is older";
  return until(
    () => platform.kubectl(["describe", "ingress", "late"]).includes(told),
    "the conflict to be told",
  );
});
