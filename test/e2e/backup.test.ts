/** A backup of a platform that runs, verified, and restored as another one. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runGuideExample } from "../harness/guide.ts";
import { nagiProgram, TestPlatform, until } from "../harness/platform.ts";

let platform: TestPlatform;
let copy: TestPlatform | undefined;
let backups: string;
let folder: string;
beforeAll(async () => {
  backups = mkdtempSync(join(tmpdir(), "nagi-backups-"));
  platform = await TestPlatform.start();
  folder = platform.repository("hello");
  platform.createApp("hello", [], { cwd: folder });
  expect(platform.push(folder)).toMatchObject({ code: 0 });
  platform.nagi(["config", "set", "SEA=calm", "--app", "hello"]);
});
afterAll(() => {
  copy?.stop();
  platform.stop();
  rmSync(backups, { recursive: true });
});

/** Counts on where it was, a line a moment. */
const counting =
  "n=$(cat /data/log 2>/dev/null | wc -l); for ((;;n++)); do echo $n >> /data/log; sleep 0.01; done";
const set = {
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name: "notes" },
  spec: {
    selector: { matchLabels: { app: "notes" } },
    template: {
      metadata: { labels: { app: "notes" } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: "main",
            image: "localhost/nagi/base:latest",
            imagePullPolicy: "IfNotPresent",
            command: ["bash", "-c", counting],
            volumeMounts: [{ name: "data", mountPath: "/data" }],
          },
        ],
      },
    },
    volumeClaimTemplates: [
      {
        metadata: { name: "data" },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "10Mi" } } },
      },
    ],
  },
};

function linesOf(dataDir: string): string[] {
  const volumes = join(dataDir, "volumes");
  const [volume] = existsSync(volumes) ? readdirSync(volumes) : [];
  const file = join(volumes, volume ?? "", "log");
  return existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
}

it("runs the guide's example", () => {
  const { code, stdout } = runGuideExample(platform, "backup.md");
  expect(stdout).toContain("Backed up all objects, 1 repository, 0 volumes");
  expect(stdout).toMatch(/backups\/nagi\.tar\.zst is whole: \d+ files, 1 repositories/);
  expect(stdout).toMatch(/Restored \d+ files to .*\/copy/);
  expect(code).toBe(0);
});

it("takes a backup under writes", async () => {
  platform.nagi(["create", "-f", "-"], { input: JSON.stringify(set) });
  await until(() => linesOf(platform.dataDir).length > 20, "the pod to write");
  platform.nagi(["volumes", "snapshot", "data-notes-0", "early"]);
  const write = (name: string): string => platform.kubectl(["create", "configmap", name]);
  write("before");
  const file = join(backups, "live.tar.zst");
  const backup = platform.follow("nagi", ["backup", file]);
  const written = linesOf(platform.dataDir).length;
  let count = 0;
  await until(() => {
    write(`during-${count++}`);
    // Never half of it under its name.
    if (existsSync(file)) expect(statSync(file).size).toBeGreaterThan(1_000_000);
    return backup.lines.some((line) => line.startsWith("Next:"));
  }, "the backup to end");
  expect(backup.lines.join("\n")).not.toContain("warning");
  expect(readdirSync(backups)).toEqual(["live.tar.zst"]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await until(() => linesOf(platform.dataDir).length > written + 20, "the pod to go on");
});

it("refuses what cannot be restored, and names it", () => {
  const file = join(backups, "live.tar.zst");
  const target = join(backups, "target");
  expect(platform.tryNagi(["restore", file])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`a platform runs in ${platform.dataDir}`) as string,
  });
  expect(platform.tryNagi(["restore", file, "--data-dir", join(platform.dataDir, "git")])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("is not empty: a restore would mix two platforms") as string,
  });
  const cut = join(backups, "cut.tar.zst");
  TestPlatform.command("cp", [file, cut]);
  truncateSync(cut, Math.floor(statSync(cut).size / 2));
  for (const argv of [
    ["restore", cut, "--data-dir", target],
    ["backup", "verify", cut],
  ]) {
    const { code, stderr } = platform.tryNagi(argv);
    expect(stderr).toContain(`${cut} is damaged or cut off after `);
    expect(code).toBe(2);
  }
  rmSync(cut);
  expect(readdirSync(backups)).toEqual(["live.tar.zst"]);
});

it("brings all of it back in another place, on other ports", async () => {
  platform.nagi(["down"]);
  const dataDir = join(backups, "restored");
  platform.nagi(["restore", join(backups, "live.tar.zst"), "--data-dir", dataDir]);
  const kept = linesOf(dataDir);
  expect(kept.length).toBeGreaterThan(20);
  expect(kept).toEqual(Array.from(kept, (_, index) => `${index}`));
  const restored = await TestPlatform.start({ dataDir, waitPlatforms: false });
  copy = restored;
  await until(async () => (await restored.request("hello")).status === 200, "the app to answer");
  expect(restored.kubectl(["get", "configmaps", "-o", "name"])).toContain("configmap/before\n");
  expect(restored.nagi(["config", "get", "SEA", "--app", "hello"])).toBe("calm\n");
  await until(() => linesOf(dataDir).length > kept.length + 20, "the pod to write on");
  const all = linesOf(dataDir);
  expect(all).toEqual(Array.from(all, (_, index) => `${index}`));
  expect(restored.kubectl(["get", "deployment", "hello-web", "-o", "yaml"])).toContain(
    `image: 127.0.0.1:${restored.registryPort}/default/hello:`,
  );
});

it("makes a volume there of a snapshot that was taken here", async () => {
  const restored = copy as TestPlatform;
  expect(restored.nagi(["volumes", "snapshots"])).toMatch(/^early +data-notes-0 +Ready /m);
  const later = linesOf(restored.dataDir).length;
  restored.nagi(["volumes", "restore", "early", "notes-again"]);
  const container = {
    name: "main",
    image: "localhost/nagi/base:latest",
    imagePullPolicy: "IfNotPresent",
    command: ["cat", "/data/log"],
    volumeMounts: [{ name: "data", mountPath: "/data" }],
  };
  const volumes = [{ name: "data", persistentVolumeClaim: { claimName: "notes-again" } }];
  const reader = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "reader" },
    spec: { restartPolicy: "Never", containers: [container], volumes },
  };
  restored.kubectl(["create", "-f", "-"], { input: JSON.stringify(reader) });
  const phase = (): string => restored.kubectl(["get", "pod", "reader", "-o", "jsonpath={.status.phase}"]);
  await until(() => phase() === "Succeeded", "the snapshot's lines to be read");
  const lines = restored.kubectl(["logs", "reader"]).trimEnd().split("\n");
  expect(lines.length).toBeGreaterThan(20);
  expect(lines).toEqual(Array.from(lines, (_, index) => `${index}`));
  // Taken before the backup, and not written to since.
  expect(lines.length).toBeLessThan(later);
  restored.kubectl(["delete", "pod", "reader"]);
});

it("goes back to an earlier release there, and takes a push", async () => {
  const restored = copy as TestPlatform;
  restored.nagi(["rollback", "v1", "--app", "hello"]);
  expect((await restored.request("hello")).status).toBe(200);
  const remote = `http://localhost:${restored.httpPort}/hello.git`;
  restored.ok("git", ["remote", "set-url", "nagi", remote], { cwd: folder });
  const helper = `!${nagiProgram} git-credential --kubeconfig ${join(restored.dataDir, "kubeconfig")}`;
  restored.ok("git", ["config", "credential.helper", helper], { cwd: folder });
  restored.commit(folder, { "later.txt": "later" });
  expect(restored.push(folder)).toMatchObject({ code: 0 });
});
