/**
 * A disk that is full: pods that filled it go by priority, what needs space says so, what runs goes on, nothing is lost,
 * and space makes all well.
 */

import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort } from "../../src/lib/free-port.ts";
import { root, TestPlatform, until } from "../harness/platform.ts";
import { RowLoad } from "../harness/rows.ts";

/** More than a start asks for; memory is taken only for what is written. */
const roomy = "3G";
/** The platform writes while the disk becomes small. */
const spareKilobytes = 2048;

let disk: string;
let platform: TestPlatform;
let folder: string;
let pid: number;
/** Into a database whose volume is on that disk. */
let rows: RowLoad;
beforeAll(async () => {
  disk = mkdtempSync(join(tmpdir(), "nagi-disk-"));
  TestPlatform.command("mount", ["-t", "tmpfs", "-o", `size=${roomy},mode=0755`, "nagi-test", disk]);
  mkdirSync(join(disk, "data"));
  platform = await TestPlatform.start({
    dataDir: join(disk, "data"),
    // So that nothing waits for long after there is space.
    flags: ["--eviction-transition", "1"],
  });
  ({ pid } = platform);
  folder = platform.repository("hello");
  platform.createApp("hello", [], { cwd: folder });
  expect(platform.push(folder)).toMatchObject({ code: 0 });
  platform.createApp("guest", ["--no-remote"]);
  platform.nagi(["addons", "create", "guest", "postgresql"]);
  platform.nagi(["deploy", "--app", "guest", "--dir", join(root, "examples/guestbook")]);
  for (let count = 0; count < 3; count++) expect(write(100)).toBe("");
});
afterAll(async () => {
  await rows.stop();
  empty();
  platform.stop();
  TestPlatform.command("umount", [disk]);
  rmSync(disk, { recursive: true });
});

function resize(size: string): void {
  TestPlatform.command("mount", ["-o", `remount,size=${size}`, disk]);
}

function usedKilobytes(): number {
  return Number(TestPlatform.command("df", ["--block-size=1024", "--output=used", disk]).split("\n")[1]);
}

/** A little larger than what is on it, and that little filled. */
function fill(): void {
  resize(`${usedKilobytes() + spareKilobytes}k`);
  const ballast = openSync(join(disk, "ballast"), "w");
  expect(() => {
    for (;;) writeSync(ballast, Buffer.alloc(4096));
  }).toThrow("ENOSPC");
  closeSync(ballast);
}

function empty(): void {
  rmSync(join(disk, "ballast"), { force: true });
  resize(roomy);
}

const acknowledged: string[] = [];

/** Writes an object of that size; why not, if it is refused. */
function write(bytes: number): string {
  const name = `filler-${acknowledged.length}`;
  const data = { a: "x".repeat(bytes) };
  const input = JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data });
  const { code, stderr } = platform.run("kubectl", ["create", "-f", "-"], { input });
  if (code === 0) acknowledged.push(name);
  return stderr;
}

/** There may be room in the files that are there. */
function writeUntilRefused(): string {
  for (;;) {
    const refusal = write(500_000);
    if (refusal !== "") return refusal;
  }
}

/** A pod of a priority that writes into a volume of its own. */
function writer(name: string, priority: number): object[] {
  const image = platform.kubectl([
    "get",
    "pods",
    "-l",
    "nagi.dev/app=hello",
    "-o",
    "jsonpath={.items[0].spec.containers[0].image}",
  ]);
  const script = "head -c 150000000 /dev/zero > /scratch/written && touch /tmp/done && exec sleep 3600";
  const container = {
    name: "main",
    image,
    command: ["sh", "-c", script],
    readinessProbe: { exec: { command: ["test", "-e", "/tmp/done"] }, periodSeconds: 1 },
    volumeMounts: [{ name: "scratch", mountPath: "/scratch" }],
  };
  const priorityClass = { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", value: priority };
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: { priorityClassName: name, containers: [container], volumes: [{ name: "scratch", emptyDir: {} }] },
  };
  return [{ ...priorityClass, metadata: { name } }, pod];
}

function diskPressure(): string {
  const path = '{.status.conditions[?(@.type=="DiskPressure")].status}';
  return platform.kubectl(["get", "node", "node-1", "-o", `jsonpath=${path}`]);
}

it("evicts pods that fill the disk, the least important first, until there is enough", async () => {
  const items = [...writer("important", 1000), ...writer("batch", 10)];
  platform.kubectl(["apply", "-f", "-"], {
    input: JSON.stringify({ apiVersion: "v1", kind: "List", items }),
  });
  platform.kubectl(["wait", "--for=condition=Ready", "--timeout=120s", "pod/important", "pod/batch"]);
  resize(`${usedKilobytes() + spareKilobytes}k`);
  const status = (pod: string, path: string): string =>
    platform.kubectl(["get", "pod", pod, "-o", `jsonpath=${path}`]);
  await until(() => status("batch", "{.status.phase}") === "Failed", "the eviction");
  expect(platform.kubectl(["get", "pods"])).toMatch(/^batch +0\/1 +Evicted /m);
  expect(status("batch", "{.status.message}")).toMatch(
    /^The node was low on resource: ephemeral-storage\. Threshold quantity: \S+, available: \S+\. Its emptyDir volumes held 14\d{4}Ki\./,
  );
  expect(platform.kubectl(["get", "events"])).toMatch(/Warning +Evicted +pod\/batch/);
  expect(platform.kubectl(["get", "events"])).toMatch(
    /Warning +EvictionThresholdMet +node\/node-1 +Attempting to reclaim ephemeral-storage/,
  );
  await until(() => diskPressure() === "False", "the space that it gave back to be seen");
  expect(status("important", "{.status.phase}")).toBe("Running");
  expect((await platform.request("hello")).status).toBe(200);
  expect(platform.pid).toBe(pid);
  resize(roomy);
  platform.kubectl(["delete", "pod", "important", "batch", "--wait=false"]);
});

it("refuses what it cannot keep, and says why", async () => {
  rows = new RowLoad({ platform, app: "guest" });
  await rows.grown(30, "before the disk is full");
  rows.mark();
  fill();
  expect(writeUntilRefused()).toContain("no space left on device");
  const { code, stderr } = platform.tryNagi(["create", "x".repeat(40)]);
  if (code !== 0) expect(stderr).toContain("no space left on device");
});

it("goes on serving and answering", async () => {
  expect((await platform.request("hello")).status).toBe(200);
  const kept = platform.kubectl(["get", "configmaps", "-o", "name"]).match(/filler-/g) ?? [];
  expect(kept).toHaveLength(acknowledged.length);
  expect(platform.pid).toBe(pid);
});

it("rejects a push, says why, and leaves what runs alone", async () => {
  platform.commit(folder, { "large.txt": "x".repeat(3_000_000), "random.txt": noise(3_000_000) });
  const { code, stderr } = platform.push(folder);
  expect(stderr).toMatch(/no space left on device|disk is full/i);
  expect(code).not.toBe(0);
  expect((await platform.request("hello")).status).toBe(200);
});

it("refuses an upload, and says why", () => {
  const { code, stderr } = platform.tryNagi(["deploy", "--app", "hello", "--dir", folder]);
  expect(stderr).toMatch(/no space left on device|disk is full/i);
  expect(code).not.toBe(0);
});

it("lists the full disk among the problems of a start", async () => {
  const flags = ["--data-dir", join(disk, "other"), "--api-port", `${await freePort()}`];
  const { code, stderr } = platform.tryNagi(["up", "--detach", ...flags]);
  expect(stderr).toMatch(/only \d+ MB of disk are free|no space left on device/);
  expect(code).toBe(1);
});

it("works again when there is space, with all that was acknowledged", async () => {
  empty();
  await rows.grown(30, "when there is space again");
  const lines = ["pg", "psql", "--app", "guest", "--", "-Atc", "SELECT line FROM lines"];
  expect(await rows.lost("the disk is full", () => platform.nagi(lines))).toEqual([]);
  platform.createApp("later");
  expect(platform.push(folder)).toMatchObject({ code: 0 });
  await until(async () => (await platform.request("hello")).status === 200, "the app to answer");
  expect(platform.pid).toBe(pid);
  await platform.kill();
  platform.up();
  const present = platform.kubectl(["get", "configmaps", "-o", "name"]);
  for (const name of acknowledged) expect(present).toContain(`configmap/${name}\n`);
  expect(platform.nagi(["apps"])).toMatch(/hello[^]*later/);
});

function noise(bytes: number): string {
  return Buffer.from(Array.from({ length: bytes / 2 }, () => Math.floor(Math.random() * 256))).toString(
    "hex",
  );
}
