import { expect, test } from "vitest";
import { newObject } from "../../model/kind.ts";
import { statefulSet, type StatefulSet } from "../../model/kinds/apps/statefulset/statefulset.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { serverState } from "./server-state.ts";

const set = (generation: number, observedGeneration: number, updateRevision: string): StatefulSet =>
  newObject<StatefulSet>(statefulSet, { name: "addon-a", generation }, {
    status: { replicas: 1, observedGeneration, updateRevision },
  } as unknown as StatefulSet);
const ready = (revision: string): Pod =>
  newObject<Pod>(pod, { name: "addon-a-0", labels: { "controller-revision-hash": revision } }, {
    spec: { containers: [] },
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
  } as unknown as Pod);

test("a server serves when its pod is ready, and is of the template that is wanted", () => {
  expect(serverState(ready("r1"), set(1, 1, "r1"))).toEqual({ ready: true, message: "" });
  expect(serverState(undefined, set(1, 1, "r1")).message).toBe("waiting for its pod");
});

test("a pod of before a change is not taken for what was asked for", () => {
  // The controller has not looked yet, then it has, then there is the new pod.
  expect(serverState(ready("r1"), set(2, 1, "r1"))).toEqual({
    ready: false,
    message: "its pod is made anew",
  });
  expect(serverState(ready("r1"), set(2, 2, "r2")).ready).toBe(false);
  expect(serverState(ready("r2"), set(2, 2, "r2")).ready).toBe(true);
});
