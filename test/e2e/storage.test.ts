/** Storage on the whole platform: made where the first pod goes, found again by the next one, gone with its claim. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runGuideExample } from "../harness/guide.ts";
import { TestPlatform, until } from "../harness/platform.ts";

let platform: TestPlatform;
beforeAll(async () => {
  platform = await TestPlatform.start({ nodes: 2 });
});
afterAll(() => platform.stop());

const set = {
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name: "notes" },
  spec: {
    replicas: 2,
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
            command: ["bash", "-c", "echo $HOSTNAME >> /data/log; exec sleep 3600"],
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

const get = (...argv: string[]): string => platform.kubectl(["get", ...argv]);
const volumes = (): string => join(platform.dataDir, "volumes");
const fileOf = (claim: string): string =>
  join(volumes(), get("pvc", claim, "-o", "jsonpath={.spec.volumeName}"), "log");
const ready = (): boolean => get("sts", "notes", "-o", "jsonpath={.status.readyReplicas}") === "2";
const uid = (): string => get("pod", "notes-1", "-o", "jsonpath={.metadata.uid}");
const node = (): string => get("pod", "notes-1", "-o", "jsonpath={.spec.nodeName}");

it("keeps what a pod wrote for its successor, also over a restart of Nagi", async () => {
  platform.nagi(["create", "-f", "-"], { input: JSON.stringify(set) });
  await until(ready, "two pods");
  const [before, where] = [uid(), node()];
  platform.nagi(["delete", "pod", "notes-1"]);
  await until(() => ready() && uid() !== before, "the pod again");
  expect(node()).toBe(where);
  const file = fileOf("data-notes-1");
  await until(() => readFileSync(file, "utf8") === "notes-1\nnotes-1\n", "both lines");
  await platform.kill();
  platform.up();
  expect(readFileSync(file, "utf8")).toBe("notes-1\nnotes-1\n");
  expect(readFileSync(fileOf("data-notes-0"), "utf8")).toBe("notes-0\n");
});

it("removes a volume with its claim, not before its pod is gone", async () => {
  const file = fileOf("data-notes-1");
  platform.kubectl(["delete", "pvc", "data-notes-1", "--wait=false"]);
  expect(get("pvc", "data-notes-1", "--no-headers")).toContain("Terminating");
  expect(existsSync(file)).toBe(true);
  platform.kubectl(["scale", "sts", "notes", "--replicas=1"]);
  await until(() => readdirSync(volumes()).length === 1, "the volume to go");
  expect(existsSync(file)).toBe(false);
});

it("runs the guide's example: an app keeps its files, and a volume never has two writers", async () => {
  const { code, stdout } = runGuideExample(platform, "volumes.md");
  expect(code, stdout).toBe(0);
  expect(stdout).toContain("Mounted pages in diary (web) at /data\n");
  expect(stdout).toContain("\nstarted v1\nstopped v1\nstarted v2\n");
  expect(stdout).toMatch(/Size: +1Gi, [\d.]+ KiB used\n/);
  // What the old instance wrote at its end is not in the snapshot.
  expect(stdout).toMatch(
    /Mounted pages-again in diary .*\nstarted v1\nstopped v1\nstarted v2\nstarted v2\n$/,
  );
  platform.nagi(["restart", "--app", "diary"]);
  const { text } = await platform.request("diary");
  expect(text).toMatch(/started v2\nstopped v2\nstarted v2\n$/);
});

it("shows one-off commands and cron jobs what is shared, and the rest while nobody has it", () => {
  const cat = ["run", "--app", "diary", "--", "cat", "/data/diary"];
  const beside = platform.tryNagi(cat);
  expect(beside.code).toBe(1);
  expect(beside.stderr).toMatch(/does not see volume pages-again: diary-web-\S+ has it.*nagi exec --pod/);
  platform.nagi(["volumes", "create", "common", "--shared"]);
  platform.nagi(["volumes", "mount", "common", "/common", "--app", "diary"]);
  platform.nagi(["cron", "add", "note", "0 0 1 1 *", "echo from cron > /common/note", "--app", "diary"]);
  platform.nagi(["cron", "run", "note", "--app", "diary"]);
  platform.nagi(["stop", "--app", "diary"]);
  expect(platform.nagi([...cat, "/common/note"])).toMatch(/^started v1\n[^]*from cron\n$/);
  platform.nagi(["start", "--app", "diary"]);
});

it("holds a request that wakes a sleeping app until a one-off command has left its volume", async () => {
  platform.nagi(["autoscale", "diary", "web", "--min", "0", "--max", "1", "--idle", "1s"]);
  await until(() => platform.nagi(["ps", "diary"]).includes("=== web: 0 of 0 ready"), "the app to sleep");
  const script =
    "echo begin >> /data/diary; while [ ! -e /common/go ]; do sleep 0.1; done; echo end >> /data/diary";
  const command = platform.follow("nagi", ["run", "--app", "diary", "--", "sh", "-c", script]);
  const instances = (process: string): string =>
    platform.kubectl([
      "get",
      "pods",
      "-l",
      `nagi.dev/app=diary,nagi.dev/process=${process}`,
      "-o",
      "jsonpath={.items[*].status.phase}",
    ]);
  await until(() => instances("run") === "Running", "the command to run");
  let isAnswered = false;
  const answer = platform.request("diary").finally(() => (isAnswered = true));
  await until(() => instances("web") === "Pending", "the app to be woken");
  expect(isAnswered).toBe(false);
  platform.nagi(["run", "--app", "diary", "--", "touch", "/common/go"]);
  const { status, text } = await answer;
  expect(status).toBe(200);
  expect(text).toMatch(/\nbegin\nend\nstarted v\d+\n$/);
  await command.stop();
  platform.nagi(["autoscale", "diary", "web", "--off"]);
});

it("refuses what would give a volume a second writer, and guards its files", async () => {
  const scaled = platform.tryNagi(["scale", "web=2", "--app", "diary"]);
  expect(scaled.code).not.toBe(0);
  expect(scaled.stderr).toContain(
    "web has the volume pages-again, which one instance at a time may have: scale it to 1",
  );
  platform.createApp("other", ["--no-remote"]);
  const second = platform.tryNagi(["volumes", "mount", "pages-again", "/data", "--app", "other"]);
  expect(second.code).toBe(2);
  expect(second.stderr).toContain("volume pages-again is in use by diary (web) at /data");
  const used = platform.tryNagi(["volumes", "destroy", "pages-again", "--confirm", "pages-again"]);
  expect(used.stderr).toContain("Unmount it first: nagi volumes unmount pages-again --app diary");
  platform.nagi(["destroy", "diary", "--confirm", "diary"]);
  const unsure = platform.tryNagi(["volumes", "destroy", "pages"]);
  expect(unsure.stderr).toContain("this deletes the volume pages and all its files for good");
  const file = join(volumes(), get("pvc", "pages", "-o", "jsonpath={.spec.volumeName}"), "diary");
  expect(existsSync(file)).toBe(true);
  platform.nagi(["volumes", "destroy", "pages", "--confirm", "pages"]);
  await until(() => !existsSync(file), "the files to go");
  const snapshots = (): number => readdirSync(join(platform.dataDir, "snapshots")).length;
  expect(snapshots()).toBe(1);
  platform.nagi(["volumes", "delete-snapshot", "first", "--confirm", "first"]);
  await until(() => snapshots() === 0, "the snapshot's files to go");
});
