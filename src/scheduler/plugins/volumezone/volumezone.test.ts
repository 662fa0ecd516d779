import { expect, test } from "vitest";
import { testNode } from "../../testing/objects.ts";
import { filterReasons, filterVerdict } from "../../testing/plugins.ts";
import { boundClaim, podUsing, testClaim, testClass, testVolume } from "../../testing/storage.ts";
import { reasonZoneConflict, volumeZone } from "./volumezone.ts";

const zone = "topology.kubernetes.io/zone";
const betaZone = "failure-domain.beta.kubernetes.io/zone";
type Labels = Record<string, string>;

const situation = (nodeLabels: Labels, volumeLabels: Labels) => ({
  node: testNode("a", {}, { labels: nodeLabels }),
  pod: podUsing("data"),
  related: {
    PersistentVolumeClaim: [boundClaim("data", "v")],
    PersistentVolume: [{ ...testVolume("v"), metadata: { name: "v", labels: volumeLabels } }],
  },
});

test.each<[string, Labels, Labels, boolean]>([
  ["the same zone", { [zone]: "a" }, { [zone]: "a" }, true],
  ["another zone", { [zone]: "b" }, { [zone]: "a" }, false],
  ["a node in no zone", {}, { [zone]: "a" }, true],
  ["a node that knows only its region", { "topology.kubernetes.io/region": "r" }, { [zone]: "a" }, false],
  ["one of several zones", { [zone]: "b" }, { [zone]: "a__b" }, true],
  ["a text that names no zones", { [zone]: "b" }, { [zone]: "a__" }, true],
  ["the old label on the volume", { [zone]: "a" }, { [betaZone]: "a" }, true],
  ["the old label on the node only", { [betaZone]: "a" }, { [zone]: "a" }, false],
  ["no label on the volume", { [zone]: "a" }, {}, true],
])("%s", (_name, nodeLabels, volumeLabels, fits) => {
  const reasons = filterReasons(volumeZone, situation(nodeLabels, volumeLabels));
  expect(reasons).toEqual(fits ? [] : [reasonZoneConflict]);
});

test("says where the volume is", () => {
  expect(filterVerdict(volumeZone, situation({ [zone]: "b" }, { [zone]: "a" }))).toMatchObject([
    { detail: `volume v is in ${zone}=a, the node in b`, resolvable: false },
  ]);
});

test.each([
  ["no claim", {}, 'persistentvolumeclaim "data" not found'],
  [
    "a claim without class and volume",
    { PersistentVolumeClaim: [testClaim("data")] },
    "PersistentVolumeClaim had no pv name and storageClass name",
  ],
  [
    "a class that is not there",
    { PersistentVolumeClaim: [testClaim("data", { storageClassName: "fast" })] },
    'storageclass.storage.k8s.io "fast" not found',
  ],
  [
    "a class that binds at once",
    {
      PersistentVolumeClaim: [testClaim("data", { storageClassName: "fast" })],
      StorageClass: [testClass("fast", { volumeBindingMode: "Immediate" })],
    },
    "PersistentVolume had no name",
  ],
  [
    "a volume that is not there",
    { PersistentVolumeClaim: [boundClaim("data", "v")] },
    'persistentvolume "v" not found',
  ],
])("%s leaves no node", (_name, related, reason) => {
  expect(filterReasons(volumeZone, { node: testNode("a"), pod: podUsing("data"), related })).toEqual([
    reason,
  ]);
});

test("a claim that waits for its pod is in no zone yet", () => {
  const related = {
    PersistentVolumeClaim: [testClaim("data", { storageClassName: "waits" })],
    StorageClass: [testClass("waits")],
  };
  expect(filterReasons(volumeZone, { node: testNode("a"), pod: podUsing("data"), related })).toEqual([]);
});
