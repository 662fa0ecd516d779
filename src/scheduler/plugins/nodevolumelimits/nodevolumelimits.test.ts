import { expect, test } from "vitest";
import { testNode } from "../../testing/objects.ts";
import { filterReasons, filterVerdict } from "../../testing/plugins.ts";
import { boundClaim, podUsing, testClaim, testClass, testVolume } from "../../testing/storage.ts";
import { nodeVolumeLimits, reasonTooMany } from "./nodevolumelimits.ts";

const driver = "csi.example.com";
const volumeOf = (name: string, handle = name) => testVolume(name, { csi: { driver, volumeHandle: handle } });
const csiNode = (count?: number) => ({
  metadata: { name: "n" },
  spec: { drivers: [{ name: driver, allocatable: { count } }] },
});

const related = {
  PersistentVolumeClaim: [
    boundClaim("a", "v-a"),
    boundClaim("b", "v-b"),
    boundClaim("same-as-a", "v-c"),
    boundClaim("other", "v-d"),
    testClaim("new", { storageClassName: "fast" }),
  ],
  PersistentVolume: [volumeOf("v-a"), volumeOf("v-b"), volumeOf("v-c", "v-a"), testVolume("v-d")],
  StorageClass: [testClass("fast", { provisioner: driver })],
};

test.each<[string, string[], string[], number | undefined, boolean]>([
  ["room for one more", ["a"], ["b"], 2, true],
  ["no room", ["a"], ["b"], 1, false],
  ["none allowed", ["a"], [], 0, false],
  ["no limit", ["a"], ["b"], undefined, true],
  ["a volume that is there already", ["a"], ["a"], 1, true],
  ["the same volume by another claim", ["same-as-a"], ["a"], 1, true],
  ["two at once", ["a", "b"], [], 1, false],
  ["a volume that is still to be made", ["new"], ["a"], 1, false],
  ["a volume of no driver", ["other"], ["a"], 1, true],
])("%s", (...[_name, wanted, present, count, fits]) => {
  const situation = {
    node: testNode("n"),
    pod: podUsing(...wanted),
    present: [podUsing(...present)],
    related: { ...related, CSINode: [csiNode(count)] },
  };
  expect(filterReasons(nodeVolumeLimits, situation)).toEqual(fits ? [] : [reasonTooMany]);
});

test("counts for the user", () => {
  const situation = {
    node: testNode("n"),
    pod: podUsing("a"),
    present: [podUsing("b")],
    related: { ...related, CSINode: [csiNode(1)] },
  };
  expect(filterVerdict(nodeVolumeLimits, situation)).toMatchObject([
    { detail: `${driver} allows 1 volumes, the node has 1 and the pod brings 1`, resolvable: true },
  ]);
});

test("a claim that is not there is told", () => {
  const situation = { node: testNode("n"), pod: podUsing("x"), related };
  expect(filterReasons(nodeVolumeLimits, situation)).toEqual([
    'looking up PVC default/x: persistentvolumeclaim "x" not found',
  ]);
});
