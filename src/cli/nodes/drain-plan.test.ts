import { expect, test } from "vitest";
import { aPod } from "../../model/testing/builders.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import { planDrain, type DrainOptions } from "./drain-plan.ts";

const careful: DrainOptions = { force: false, ignoreDaemonsets: false, deleteEmptydirData: false };

function owned(kind: string | undefined, given: Parameters<typeof aPod>[0] = {}): Pod {
  const owner = { apiVersion: "apps/v1", kind: kind ?? "", name: "o", uid: "u", controller: true };
  const metadata = { name: "p", namespace: "n", ...given.metadata };
  return aPod({
    ...given,
    metadata: { ...metadata, ...(kind === undefined ? {} : { ownerReferences: [owner] }) },
  });
}

const emptyDir = { volumes: [{ name: "v", emptyDir: {} }] };

test.each<[string, Pod, Partial<DrainOptions>, string]>([
  ["a pod that is made again", owned("ReplicaSet"), {}, "evict"],
  [
    "a bare pod",
    owned(undefined),
    {},
    "cannot delete Pods that declare no controller (use --force to override): n/p",
  ],
  ["a bare pod, with force", owned(undefined), { force: true }, "evict"],
  [
    "a pod of a daemon set",
    owned("DaemonSet"),
    { force: true },
    "cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): n/p",
  ],
  ["a pod of a daemon set, left alone", owned("DaemonSet"), { ignoreDaemonsets: true }, "ignore"],
  [
    "local data",
    owned("ReplicaSet", { spec: emptyDir }),
    {},
    "cannot delete Pods with local storage (use --delete-emptydir-data to override): n/p",
  ],
  ["local data that may go", owned("ReplicaSet", { spec: emptyDir }), { deleteEmptydirData: true }, "evict"],
  ["a pod that has ended", owned(undefined, { status: { phase: "Succeeded" } }), {}, "evict"],
  [
    "a pod of the node itself",
    owned(undefined, { metadata: { annotations: { "kubernetes.io/config.mirror": "x" } } }),
    {},
    "ignore",
  ],
])("%s", (_name, pod, options, expected) => {
  const { evict, ignored, refusals } = planDrain([pod], { ...careful, ...options });
  expect(evict.length > 0 ? "evict" : ignored.length > 0 ? "ignore" : refusals[0]).toBe(expected);
});
