/** Sessions with pods, by kubectl and by nagi: exec, attach, cp, port-forward, and run on a terminal. */

import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openChannels } from "../../src/client/channels.ts";
import { root, TestPlatform, until } from "../harness/platform.ts";

let platform: TestPlatform;
let dir: string;
const started: ChildProcess[] = [];
const nagi = join(root, "bin/nagi");

/** Echoes lines on a port: of the pod's address, or of its loopback only. */
const echo = (host: string, port: number) => `use IO::Socket::INET; $| = 1;
my $listening = IO::Socket::INET->new(LocalAddr => "${host}", LocalPort => ${port}, Listen => 64, ReuseAddr => 1) or die;
while (my $socket = $listening->accept) { while (my $line = <$socket>) { print $socket "got $line" } close $socket }`;

const server = (host: string, port: number, name: string) => ({
  name,
  image: "localhost/nagi/base:latest",
  imagePullPolicy: "IfNotPresent",
  command: ["perl", "-e", echo(host, port)],
});

const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "box" },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [
      server("0.0.0.0", 7000, "main"),
      server("127.0.0.1", 7001, "inner"),
      {
        name: "typed",
        image: "localhost/nagi/base:latest",
        imagePullPolicy: "IfNotPresent",
        stdin: true,
        command: ["bash", "-c", 'while read -r line; do echo "typed $line"; done'],
      },
    ],
  },
};

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "nagi-sessions-"));
  platform = await TestPlatform.start();
  platform.kubectl(["apply", "-f", "-"], { input: JSON.stringify(pod) });
  platform.kubectl(["wait", "--for=condition=Ready", "pod/box", "--timeout=120s"]);
});
afterAll(() => {
  for (const child of started) child.kill("SIGKILL");
  platform.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** A program in the background and what it has written so far. */
function background(
  program: string,
  argv: readonly string[],
): { readonly child: ChildProcess; text(): string } {
  const child = spawn(program, argv, { env: platform.env, stdio: ["pipe", "pipe", "pipe"] });
  started.push(child);
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => (text += chunk.toString()));
  return { child, text: () => text };
}

/** What the port answers to a line. */
function ask(port: number, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.end(`${line}\n`));
    let text = "";
    socket.on("data", (chunk) => (text += chunk.toString()));
    socket.once("end", () => resolve(text));
    socket.once("error", reject);
  });
}

const exec = ["exec", "box", "-c", "main"];

it("kubectl exec: output, errors, input and exit code", () => {
  const both = platform.run("kubectl", [...exec, "--", "bash", "-c", "echo out; echo err >&2; exit 3"]);
  expect(both).toMatchObject({ code: 3, stdout: "out\n" });
  expect(both.stderr).toContain("err\n");
  const big = randomBytes(3_000_000).toString("base64");
  expect(platform.kubectl([...exec, "-i", "--", "cat"], { input: big })).toBe(big);
  const wrong = platform.run("kubectl", ["exec", "box", "-c", "nobody", "--", "true"]);
  expect(wrong.stderr).toContain("container nobody is not valid for pod box");
  const missing = platform.run("kubectl", [...exec, "--", "no-such-program"]);
  expect(missing.code).not.toBe(0);
  expect(missing.stderr).toMatch(/no-such-program.*(not found|no such file)/i);
});

it("kubectl exec -it: a terminal with a size", async () => {
  // The size comes a moment after the start.
  const wait = 'until [ "$(stty size)" = "31 97" ]; do sleep 0.05; done';
  const shell = `${wait}; tty; read -r name; echo hello $name; exit 4`;
  const command = `stty rows 31 cols 97; kubectl exec -it box -c main -- bash -c '${shell}'; echo code $?`;
  const typed = background("script", ["-qefc", command, "/dev/null"]);
  await until(() => typed.text().includes("/dev/pts/"), "/dev/pts/");
  typed.child.stdin?.write("world\r");
  await until(() => typed.text().includes("code 4"), "code 4");
  expect(typed.text()).toContain("hello world");
});

it("kubectl attach", async () => {
  const attached = background("kubectl", ["attach", "-i", "box", "-c", "typed"]);
  await until(() => {
    attached.child.stdin?.write("words\n");
    return attached.text().includes("typed words");
  }, "what was typed");
  attached.child.kill();
});

it("kubectl cp, both ways", () => {
  const file = join(dir, "data");
  const bytes = randomBytes(1_500_000);
  writeFileSync(file, bytes);
  platform.kubectl(["cp", file, "box:/tmp/data", "-c", "main"]);
  platform.kubectl(["cp", "box:/tmp/data", join(dir, "back"), "-c", "main"]);
  expect(readFileSync(join(dir, "back")).equals(bytes)).toBe(true);
});

it("kubectl port-forward: several connections, the pod's loopback, a port where nobody listens", async () => {
  const forward = background("kubectl", ["port-forward", "pod/box", ":7000", ":7001", ":7999"]);
  const portOf = (remote: number) =>
    Number(new RegExp(`127.0.0.1:(\\d+) -> ${remote}`).exec(forward.text())?.[1] ?? 0);
  await until(() => portOf(7999) > 0, "the forwarded ports");
  const answers = Promise.all(Array.from({ length: 20 }, (_, index) => ask(portOf(7000), `line ${index}`)));
  expect(await answers).toEqual(Array.from({ length: 20 }, (_, index) => `got line ${index}\n`));
  expect(await ask(portOf(7001), "inside")).toBe("got inside\n");
  expect(await ask(portOf(7999), "nobody").catch(() => "")).toBe("");
  await until(() => forward.text().includes("cannot connect to port 7999 of the pod"), "the refusal");
  forward.child.kill();
});

it("nagi exec, cp and port-forward", async () => {
  const inPod = ["--pod", "box", "-c", "main"];
  const ran = platform.tryNagi(["exec", ...inPod, "--", "bash", "-c", "echo out; echo err >&2; exit 5"]);
  expect(ran).toEqual({ code: 5, stdout: "out\n", stderr: "err\n" });
  expect(platform.nagi(["exec", "-i", ...inPod, "sort"], { input: "b\na\n" })).toBe("a\nb\n");
  const typed = background("script", ["-qefc", `${nagi} exec ${inPod.join(" ")} tty`, "/dev/null"]);
  await until(() => typed.text().includes("/dev/pts/"), "/dev/pts/");

  platform.nagi(["cp", ...inPod, join(root, "examples/hello"), ":/tmp"]);
  platform.nagi(["cp", ...inPod, ":/tmp/hello", join(dir, "copied")]);
  const original = readFileSync(join(root, "examples/hello/server.js"), "utf8");
  expect(readFileSync(join(dir, "copied/server.js"), "utf8")).toBe(original);
  const wrong = platform.tryNagi(["cp", ...inPod, ":/no/such", dir]);
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toContain("cannot copy /no/such from box");
  // What ends early, there or here, is told in its words: also while there is much to send or to take.
  writeFileSync(join(dir, "large"), Buffer.alloc(40 * 1024 * 1024, "x"));
  const nowhere = platform.tryNagi(["cp", ...inPod, join(dir, "large"), ":/no/such/dir/x"]);
  expect(nowhere.code).toBe(1);
  expect(nowhere.stderr).toBe(
    "error: cannot copy to /no/such/dir/x in box: there is no directory /no/such/dir\n",
  );
  const fed = `"$0" exec -i ${inPod.join(" ")} -- sh -c "exit 3" < ${join(dir, "large")}`;
  const startMs = Date.now();
  expect(platform.run("sh", ["-c", fed, nagi]).code).toBe(3);
  // The server hears at once that the client agrees to the end.
  expect(Date.now() - startMs).toBeLessThan(15_000);
  const below = platform.tryNagi(["cp", ...inPod, ":/tmp/hello", join(dir, "large/below")]);
  expect(below.code).toBe(1);
  expect(below.stderr).toMatch(/^error: [^\n]*(ENOTDIR|EEXIST)[^\n]*\n$/);
  expect(below.stderr).not.toContain("    at ");

  const forward = background(nagi, ["port-forward", "--pod", "box", "0:7001"]);
  await until(() => /127\.0\.0\.1:(\d+)/.test(forward.text()), "the forwarded port");
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(forward.text())?.[1]);
  expect(await ask(port, "again")).toBe("got again\n");
  forward.child.kill();
});

it("nagi run on a terminal", async () => {
  platform.tryNagi(["create", "shop"]);
  platform.nagi(["deploy", "--app", "shop", "--dir", join(root, "examples/hello")]);
  const shell = "echo what; read -r word; echo said $word; exit 6";
  const typed = background("script", [
    "-qefc",
    `${nagi} run -a shop bash -c '${shell}'; echo code $?`,
    "/dev/null",
  ]);
  await until(() => typed.text().includes("what"), "what");
  typed.child.stdin?.write("yes\r");
  await until(() => typed.text().includes("code 6"), "code 6");
  expect(typed.text()).toContain("said yes");
  const quick = background("script", ["-qefc", `${nagi} run -a shop node --version`, "/dev/null"]);
  await until(() => /v\d+\.\d+\.\d+/.test(quick.text()), "the version");
});

it.each([
  ["kubectl exec -it", "kubectl exec -it box -c main --"],
  ["nagi exec", `${nagi} exec --pod box --container main --`],
])("%s: Ctrl-C reaches the program inside, whose exit code comes back", async (_name, command) => {
  const inside = 'trap "echo caught; exit 7" INT; echo ready; while :; do read -t 1 -r _; done';
  const modes = "stty -g";
  const line = `before=$(${modes}); ${command} bash -c '${inside}'; echo code $?; test "$before" = "$(${modes})" && echo restored`;
  const typed = background("script", ["-qefc", line, "/dev/null"]);
  await until(() => typed.text().includes("ready"), "the program");
  typed.child.stdin?.write("\u0003");
  await until(() => typed.text().includes("restored"), "the terminal as it was");
  expect(typed.text()).toContain("caught");
  expect(typed.text()).toContain("code 7");
});

it("is refused without rights, and without an upgrade", async () => {
  const url = `https://127.0.0.1:${platform.apiPort}`;
  const ca = readFileSync(join(platform.dataDir, "pki/ca.crt"), "utf8");
  const path = "/api/v1/namespaces/default/pods/box/exec?command=true&stdout=true";
  const token = platform.kubectl(["create", "token", "default"]).trim();
  const as = (given: string) =>
    openChannels(
      { server: url, ca, token: given, namespace: "default" },
      { path, protocol: "v5.channel.k8s.io" },
    );
  await expect(as("wrong")).rejects.toThrow("Unauthorized");
  await expect(as(token)).rejects.toThrow(/cannot create resource "pods\/exec"/);
  const plain = platform.run("kubectl", [
    "get",
    "--raw",
    "/api/v1/namespaces/default/pods/box/exec?command=true",
  ]);
  expect(plain.stderr).toContain("Upgrade request required");
});
