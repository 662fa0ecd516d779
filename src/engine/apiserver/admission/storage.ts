/**
 * Volumes and claims in use are not removed under their users: a finalizer keeps them until the controller of
 * volumes lets them go. A claim that names no class gets the default one.
 */

import type { KindHook } from "./hooks.ts";
import type { PersistentVolumeClaim } from "../../../model/kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import { isDefaultClass } from "../../../model/kinds/storage/storageclass/storageclass.ts";
import type { KubeObject } from "../../../model/meta.ts";
import { storageClassOf } from "../../../model/volume-claims.ts";
import type { Store } from "../../store/store.ts";
import { defaultClass } from "./default-class.ts";

const volumeProtection = "kubernetes.io/pv-protection";
const claimProtection = "kubernetes.io/pvc-protection";

export const volumeHook: KindHook = {
  prepare: (object) => protect(object, volumeProtection),
};

export function claimHook(store: Store): KindHook {
  return {
    prepare(object) {
      protect(object, claimProtection);
      const { spec, metadata } = object as Partial<PersistentVolumeClaim>;
      if (typeof spec !== "object" || spec === null || spec.storageClassName !== undefined) return;
      // What is no map of texts is refused by the checks that follow.
      if (metadata === undefined || storageClassOf({ metadata, spec }) !== "") return;
      const name = defaultClass(store, "storageclasses.storage.k8s.io", isDefaultClass);
      if (name !== undefined) spec.storageClassName = name;
    },
  };
}

function protect({ metadata }: KubeObject, finalizer: string): void {
  const present: unknown = metadata.finalizers ?? [];
  if (!Array.isArray(present) || present.includes(finalizer)) return;
  metadata.finalizers = [...(present as string[]), finalizer];
}
