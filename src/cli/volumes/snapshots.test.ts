import { expect, test } from "vitest";
import {
  persistentVolumeClaim,
  type PersistentVolumeClaim,
} from "../../model/kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import {
  snapshotGroup,
  volumeSnapshot,
  type VolumeSnapshot,
} from "../../model/kinds/snapshot/volumesnapshot/volumesnapshot.ts";
import { newObject } from "../../model/kind.ts";
import { runCommandLine } from "../testing/run-command-line.ts";

const monday = { namespace: "default", name: "monday" };
const snapshot = newObject<VolumeSnapshot>(volumeSnapshot, monday, {
  spec: { source: { persistentVolumeClaimName: "uploads" } },
  status: { readyToUse: true, restoreSize: "1Gi" },
});

function claim(phase: "Pending" | "Bound", source: object): PersistentVolumeClaim {
  const metadata = { namespace: "default", name: "uploads-monday" };
  return newObject(persistentVolumeClaim, metadata, { spec: { ...source }, status: { phase } });
}

const dataSource = { apiGroup: snapshotGroup, kind: "VolumeSnapshot", name: "monday" };
const deletion = ["volumes", "delete-snapshot", "monday", "--confirm", "monday"];

test.each([
  { dataSource },
  { dataSource: dataSource, dataSourceRef: dataSource },
  { dataSourceRef: dataSource },
])("a snapshot whose files a volume has yet to get is not deleted: %j", async (source) => {
  const { code, stderr, client } = await runCommandLine(deletion, {
    objects: [snapshot, claim("Pending", source)],
  });
  expect(code).toBe(2);
  expect(stderr).toMatch(/snapshot monday is needed: its files are not copied yet to uploads-monday/);
  expect(await client.get(volumeSnapshot, monday)).toBeDefined();
});

test.each([
  claim("Bound", { dataSource }),
  claim("Pending", { dataSource: { ...dataSource, name: "sunday" } }),
  claim("Pending", {}),
])("a snapshot that no volume waits for is deleted", async (other) => {
  const { code, client } = await runCommandLine(deletion, { objects: [snapshot, other] });
  expect(code).toBe(0);
  expect((await client.list(volumeSnapshot)).items).toEqual([]);
});

test("a volume of a snapshot is told to need it until its files are copied", async () => {
  const { stdout } = await runCommandLine(["volumes", "restore", "monday", "uploads-monday"], {
    objects: [snapshot],
  });
  expect(stdout).toMatch(
    /^Made volume uploads-monday of snapshot monday[.].*\n.*until then snapshot monday is needed/,
  );
});
