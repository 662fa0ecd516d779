/** Storage that outlives pods, on a real container engine. */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newObject } from "../../model/kind.ts";
import { persistentVolume } from "../../model/kinds/core/persistentvolume/persistentvolume.ts";
import { persistentVolumeClaim } from "../../model/kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import { pod as podKind } from "../../model/kinds/core/pod/pod.ts";
import { bindCompleted } from "../../model/volume-claims.ts";
import { AgentBench, type RunningAgent } from "./testing/agent-bench.ts";

let bench: AgentBench;
let running: RunningAgent;

beforeAll(async () => {
  bench = await AgentBench.open();
  running = await bench.startAgent();
});
afterAll(() => bench.close());

const sh = (command: string): string[] => ["sh", "-c", command];
/** A test that is tried again must not meet what it left. */
const freshName = (): string => `a${crypto.randomUUID().slice(0, 8)}`;
const capacity = { storage: "1Gi" };

async function boundClaim(name: string, path: string): Promise<void> {
  const claim = await bench.client.create(
    persistentVolumeClaim,
    newObject(
      persistentVolumeClaim,
      { name, namespace: "default", annotations: { [bindCompleted]: "yes" } },
      {
        spec: {
          accessModes: ["ReadWriteOnce"],
          resources: { requests: capacity },
          volumeName: `volume-${name}`,
        },
      },
    ),
  );
  const claimRef = { namespace: "default", name, uid: claim.metadata.uid };
  await bench.client.create(
    persistentVolume,
    newObject(
      persistentVolume,
      { name: `volume-${name}` },
      { spec: { capacity, accessModes: ["ReadWriteOnce"], claimRef, hostPath: { path, type: "Directory" } } },
    ),
  );
}

const using = (claimName: string, readOnly = false) => ({
  restartPolicy: "Never" as const,
  volumes: [{ name: "data", persistentVolumeClaim: { claimName, readOnly } }],
});
const volumeMounts = [{ name: "data", mountPath: "/data" }];

test("what a pod wrote is there for the next pod with the claim", async () => {
  const path = join(bench.dir, freshName());
  await mkdir(path, { mode: 0o777 });
  const claim = freshName();
  await boundClaim(claim, path);
  const writer = await bench.createPod(
    { command: sh("echo remembered > /data/file"), volumeMounts },
    { ...using(claim), securityContext: { fsGroup: 4321 } },
  );
  await bench.until(writer, ({ status }) => status?.phase === "Succeeded");
  await bench.client.delete(podKind, { name: writer.metadata.name ?? "", namespace: "default" });
  await bench.untilGone(writer);
  expect(await readFile(join(path, "file"), "utf8")).toBe("remembered\n");
  const reader = await bench.createPod(
    { command: sh("cat /data/file; stat -c %g /data/file; touch /data/x || echo refused"), volumeMounts },
    using(claim, true),
  );
  await bench.until(reader, ({ status }) => status?.phase === "Succeeded");
  await expect.poll(() => bench.logs(running.agent, reader)).toMatch(/^remembered\n4321\n.*refused\n$/s);
});

test("a pod waits for its claim to get a volume, and says so", async () => {
  const path = join(bench.dir, freshName());
  await mkdir(path);
  await writeFile(join(path, "file"), "late\n");
  const claim = freshName();
  const pod = await bench.createPod({ command: sh("cat /data/file"), volumeMounts }, using(claim));
  await expect
    .poll(() => bench.events(pod), { timeout: 60_000 })
    .toContainEqual(expect.stringContaining('MountVolume.SetUp failed for volume "data"'));
  await boundClaim(claim, path);
  await bench.until(pod, ({ status }) => status?.phase === "Succeeded");
  await expect.poll(() => bench.logs(running.agent, pod)).toBe("late\n");
});
