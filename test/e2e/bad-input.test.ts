/** What bad input gets: a clear message, nothing lost, nothing left behind. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { request } from "node:https";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { instanceOf } from "../../src/main/config.ts";
import { freePort } from "../../src/lib/free-port.ts";
import { nagiProgram, TestPlatform, until } from "../harness/platform.ts";

let platform: TestPlatform;
/** Of the start that must outlive everything here. */
let pid: number;
beforeAll(async () => {
  platform = await TestPlatform.start();
  ({ pid } = platform);
});
afterAll(() => platform.stop());

function refusedPush(app: string, files: Readonly<Record<string, string>>): string {
  const folder = platform.repository(files);
  platform.createApp(app, [], { cwd: folder });
  const { code, stderr } = platform.push(folder);
  expect(code).not.toBe(0);
  expect(platform.ok("git", ["ls-remote", "nagi"], { cwd: folder })).toBe("");
  return stderr;
}

describe("pushes", () => {
  it("says what it looked for when there is no app", () => {
    const text = refusedPush("nothing", { "README.md": "# nothing\n" });
    expect(text).toMatch(/package\.json/);
    expect(text).toMatch(/Dockerfile/);
  });

  it("names the line of a Procfile that does not parse", () => {
    const text = refusedPush("procfile", {
      "package.json": "{}",
      Procfile: "web: node x.js\nthis is not it\n",
    });
    expect(text).toMatch(/Procfile.*line 2|line 2.*Procfile/s);
  });

  it("refuses a wrong token", () => {
    const folder = platform.repository("hello");
    const url = `http://nagi:wrong@localhost:${platform.httpPort}/nothing.git`;
    const { code, stderr } = platform.run("git", ["-c", "credential.helper=", "push", url, "main"], {
      cwd: folder,
    });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/Authentication failed|401|access denied/i);
  });

  it("says which app is missing", () => {
    const folder = platform.repository("hello");
    platform.createApp("short-lived", [], { cwd: folder });
    platform.nagi(["destroy", "short-lived", "--confirm", "short-lived"]);
    const { code, stderr } = platform.push(folder);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/short-lived|not found/);
  });
});

describe("objects", () => {
  const table: readonly (readonly [string, object, RegExp])[] = [
    [
      "an unknown field",
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x" }, dataa: { a: "b" } },
      /unknown field "dataa"/,
    ],
    [
      "a name that is too long",
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x".repeat(300) } },
      /metadata\.name.*no more than 253 characters/s,
    ],
    [
      "a port out of range",
      {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "x" },
        spec: { containers: [{ name: "x", image: "x", ports: [{ containerPort: 99_999 }] }] },
      },
      /spec\.containers\[0\]\.ports\[0\]\.containerPort.*99999/s,
    ],
    ["a kind that is not there", { apiVersion: "v1", kind: "Podd", metadata: { name: "x" } }, /Podd/],
  ];
  it.each(table)("%s", (_name, object, message) => {
    const { code, stderr } = platform.tryNagi(["create", "-f", "-"], { input: JSON.stringify(object) });
    expect(stderr).toMatch(message);
    expect(code).not.toBe(0);
  });

  it("says that an image does not exist", async () => {
    platform.createApp("no-image");
    const image = "localhost/nobody/nothing:1";
    const deployed = platform.tryNagi(["deploy", "--app", "no-image", "--image", image, "--no-wait"]);
    expect(deployed.stderr).toContain(`cannot find the image ${image}`);
    platform.kubectl(["patch", "app", "no-image", "--type=merge", "-p", JSON.stringify({ spec: { image } })]);
    await until(
      () => /ErrImagePull|ImagePullBackOff/.test(platform.nagi(["ps", "no-image"])),
      "the pull to fail",
    );
    const { code, stderr } = platform.tryNagi(["run", "--app", "no-image", "true"]);
    expect(stderr).toMatch(/cannot start: .*nobody\/nothing.*ImagePull/s);
    expect(code).toBe(1);
    platform.nagi(["destroy", "no-image", "--confirm", "no-image"]);
  });

  it("fails a release at once whose image lacks its program, and says which", () => {
    const image = "localhost/nagi-test/no-program:1";
    const file = 'FROM scratch\nLABEL a=b\nCMD ["no-such-program", "--all"]\n';
    platform.ok("podman", ["build", "--quiet", "--tag", image, "-"], { input: file });
    platform.createApp("no-program");
    const startMs = Date.now();
    const { code, stdout, stderr } = platform.tryNagi(["deploy", "--app", "no-program", "--image", image]);
    const tookMs = Date.now() - startMs;
    platform.nagi(["destroy", "no-program", "--confirm", "no-program"]);
    platform.run("podman", ["rmi", "--force", image]);
    expect(stdout + stderr).toContain(
      "web: the image has no program no-such-program, which the image's own command starts (ENTRYPOINT, CMD)",
    );
    expect(code).toBe(1);
    // A release that makes no progress is given two minutes.
    expect(tookMs).toBeLessThan(60_000);
  });

  it("refuses a body that is too large", async () => {
    const text = JSON.stringify({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "big" },
      data: { a: "x".repeat(8 << 20) },
    });
    const { status, body } = await api("POST", "/api/v1/namespaces/default/configmaps", text);
    expect(status).toBe(413);
    expect(body).toMatch(/large/i);
  });

  it("refuses an upload that is no archive, and one without a token", async () => {
    const post = (authorization: string): Promise<Response> =>
      fetch(`http://localhost:${platform.httpPort}/sources`, {
        method: "POST",
        headers: { authorization, "content-encoding": "gzip" },
        body: "this is no gzip",
      });
    const junk = await post(`Bearer ${tokenOf()}`);
    expect([junk.status, await junk.text()]).toEqual([400, expect.stringContaining("header")]);
    const wrong = await post("Bearer wrong");
    expect([wrong.status, await wrong.text()]).toEqual([401, expect.stringContaining("token")]);
  });

  it("refuses what is no JSON", async () => {
    const { status, body } = await api("POST", "/api/v1/namespaces/default/configmaps", "{ no json");
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({ kind: "Status", reason: "BadRequest" });
  });

  it("says what an app may be called", () => {
    const { code, stderr } = platform.tryNagi(["create", "x".repeat(41)]);
    expect(stderr).toMatch(/name.*40/);
    expect(code).not.toBe(0);
    const { stderr: text } = platform.tryNagi(["create", "Not_A_Name"]);
    expect(text).toBe(
      'error: an app cannot be named "Not_A_Name": a name has at most 40 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen\n' +
        "For instance: nagi create not-a-name\n",
    );
  });

  it("says why a manifest cannot be read, in one line", () => {
    const missing = platform.tryNagi(["create", "-f", "/nope.yaml"]);
    expect(missing).toMatchObject({
      code: 2,
      stderr: "error: cannot read /nope.yaml: there is no such file\n",
    });
    const broken = platform.tryNagi(["create", "-f", "-"], { input: '{"kind": "Pod",\n' });
    expect(broken.code).toBe(2);
    expect(broken.stderr).toMatch(/^error: cannot read standard input: .* at line \d+, column \d+\n$/);
  });

  it("says what to do where there is no release, and that two names differ", () => {
    platform.createApp("empty");
    expect(platform.tryNagi(["logs", "empty"]).stderr).toMatch(/No release of empty is live.*git push/);
    const differ = platform.tryNagi(["destroy", "empty", "--confirm", "other"]);
    expect(differ.stderr).toMatch(/--confirm names other, but the app is empty: nothing is deleted/);
    expect(differ.code).toBe(2);
    platform.nagi(["destroy", "empty", "--confirm", "empty"]);
  });

  it("tells a user with a wrong token to log in", () => {
    const kubeconfig = join(platform.dataDir, "wrong-kubeconfig");
    const text = readFileSync(join(platform.dataDir, "kubeconfig"), "utf8");
    writeFileSync(kubeconfig, text.replace(/token: \S+/, "token: wrong"));
    const { code, stderr } = platform.tryNagi(["apps", "--kubeconfig", kubeconfig]);
    expect(stderr).toMatch(/Unauthorized.*nagi login/s);
    expect(code).toBe(1);
  });

  it("refuses a request without a token", async () => {
    const { status, body } = await api("GET", "/api/v1/pods", undefined, "wrong");
    expect(status).toBe(401);
    expect(JSON.parse(body)).toMatchObject({ kind: "Status", reason: "Unauthorized" });
  });

  it("serves 200 watches at once", async () => {
    const opened = await Promise.all(Array.from({ length: 200 }, openWatch));
    platform.nagi(["create", "-f", "-"], {
      input: JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "seen-by-all" } }),
    });
    await until(() => opened.every((watch) => watch.text.includes("seen-by-all")), "all watches to see it");
    for (const watch of opened) watch.close();
  });
});

describe("the machine", () => {
  it("names who holds each port", async () => {
    const ports = [await freePort(), await freePort()];
    const servers = ports.map((port) => createServer().listen(port, "127.0.0.1"));
    await Promise.all(servers.map((server) => once(server, "listening")));
    const [http = "", api = ""] = ports.map(String);
    const flags = ["--data-dir", join(platform.dataDir, "other"), "--http-port", http, "--api-port", api];
    const { code, stderr } = platform.tryNagi(["up", "--detach", ...flags]);
    for (const server of servers) server.close();
    expect(code).toBe(1);
    expect(stderr).toContain("2 problems");
    expect(stderr).toMatch(new RegExp(`port ${http} \\(apps\\) is taken by .+ \\(pid ${process.pid}\\)`));
    expect(stderr).toMatch(
      new RegExp(`port ${api} \\(Kubernetes API\\) is taken by .+ \\(pid ${process.pid}\\)`),
    );
    expect(stderr).toContain("--http-port PORT");
  });

  it("starts, though nobody reads what the start says", async () => {
    const dataDir = join(platform.dataDir, "unread");
    const ports = await Promise.all(Array.from({ length: 5 }, () => freePort()));
    const names = ["http", "https", "api", "registry", "ssh"];
    const flags = names.flatMap((name, index) => [`--${name}-port`, `${ports[index]}`]);
    const words = ["up", "--tcp-ports", "none", "--data-dir", dataDir, ...flags];
    const child = spawn(nagiProgram, words, { env: platform.env, stdio: ["ignore", "pipe", "pipe"] });
    try {
      // The reader goes before the start says where apps answer.
      await once(child.stderr, "data");
      child.stdout.destroy();
      child.stderr.destroy();
      const status = (): string => platform.tryNagi(["status", "--data-dir", dataDir]).stdout;
      await until(() => status().includes(`pid ${child.pid}, up`), "the platform to run");
      // What it says then goes nowhere.
      platform.nagi(["get", "nodes", "--data-dir", dataDir]);
      expect(child.exitCode).toBeNull();
    } finally {
      platform.nagi(["down", "--data-dir", dataDir]);
    }
  });

  it.each([
    ["--nodes", "0", "must be a whole number from 1 to 32"],
    ["--nodes", "many", "many"],
    ["--http-port", "70000", "from 1 to 65535"],
    ["--domain", "Not A Host", "must be a host name"],
  ])("says what %s %s should be", (flag, value, message) => {
    const flags = ["--data-dir", join(platform.dataDir, "other"), flag, value];
    const { code, stderr } = platform.tryNagi(["up", "--detach", ...flags]);
    expect(stderr).toContain(message);
    expect(code).not.toBe(0);
  });
});

it("has nothing left of all that", () => {
  const mine = `label=nagi.dev/instance=${instanceOf(platform.dataDir)}`;
  expect(platform.ok("podman", ["ps", "--all", "--quiet", "--filter", mine])).toBe("");
  const status = JSON.parse(platform.nagi(["status", "-o", "json"])) as { readonly pid: number };
  expect(status.pid).toBe(pid);
  expect(platform.kubectl(["get", "pods,releases", "-o", "name"])).toBe("");
});

function tokenOf(): string {
  const text = readFileSync(join(platform.dataDir, "kubeconfig"), "utf8");
  return /token: (\S+)/.exec(text)?.[1] ?? "";
}

interface ApiAnswer {
  readonly status: number;
  readonly body: string;
}

function api(method: string, path: string, text?: string, token = tokenOf()): Promise<ApiAnswer> {
  const ca = readFileSync(join(platform.dataDir, "pki/ca.crt"));
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const call = request(
      { host: "127.0.0.1", port: platform.apiPort, path, method, ca, headers, agent: false },
      (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (body += chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      },
    );
    call.on("error", reject);
    call.end(text);
  });
}

function openWatch(): Promise<{ text: string; close(): void }> {
  const ca = readFileSync(join(platform.dataDir, "pki/ca.crt"));
  const path = "/api/v1/namespaces/default/configmaps?watch=1";
  const headers = { authorization: `Bearer ${tokenOf()}` };
  return new Promise((resolve, reject) => {
    const call = request(
      { host: "127.0.0.1", port: platform.apiPort, path, ca, headers, agent: false },
      (response) => {
        const watch = { text: "", close: () => void call.destroy() };
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (watch.text += chunk));
        response.on("error", () => undefined);
        resolve(watch);
      },
    );
    call.on("error", reject);
    call.end();
  });
}
