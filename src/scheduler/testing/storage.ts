/** Small claims, volumes and classes for the tests of the scheduler. */

import { bindCompleted } from "../../model/volume-claims.ts";
import type { PodObject } from "../snapshot/objects.ts";
import type { ClaimObject, StorageClassObject, VolumeObject } from "../snapshot/storage-objects.ts";
import { testPod } from "./objects.ts";

export function testClaim(
  name: string,
  spec: Partial<ClaimObject["spec"]> = {},
  metadata: Partial<ClaimObject["metadata"]> = {},
): ClaimObject {
  return {
    metadata: { name, namespace: "default", uid: `uid-of-${name}`, ...metadata },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...spec },
    status: { phase: "Pending" },
  };
}

export function boundClaim(
  name: string,
  volumeName: string,
  spec: Partial<ClaimObject["spec"]> = {},
): ClaimObject {
  const claim = testClaim(name, { ...spec, volumeName }, { annotations: { [bindCompleted]: "yes" } });
  return { ...claim, status: { phase: "Bound" } };
}

/** Reachable from everywhere, or from nodes whose label has one of the values. */
export function testVolume(
  name: string,
  spec: Partial<VolumeObject["spec"]> = {},
  reach?: { readonly key: string; readonly values: readonly string[] },
): VolumeObject {
  const nodeAffinity = reach && {
    required: { nodeSelectorTerms: [{ matchExpressions: [{ ...reach, operator: "In" }] }] },
  };
  return {
    metadata: { name },
    spec: {
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteOnce"],
      storageClassName: "waits",
      ...(nodeAffinity === undefined ? {} : { nodeAffinity }),
      ...spec,
    },
    status: { phase: "Available" },
  };
}

export function testClass(name: string, more: Partial<StorageClassObject> = {}): StorageClassObject {
  return {
    metadata: { name },
    provisioner: "kubernetes.io/no-provisioner",
    volumeBindingMode: "WaitForFirstConsumer",
    ...more,
  };
}

/** A pod that uses the claims. */
export function podUsing(...claims: readonly string[]): PodObject {
  const volumes = claims.map((claimName) => ({
    name: `v-${claimName}`,
    persistentVolumeClaim: { claimName },
  }));
  return testPod("p", {}, { volumes });
}
