/** Labels and names of the add-ons' part. */

import type { Addon } from "../../model/kinds/nagi/addon/addon.ts";
import { addonLabel } from "../../model/kinds/nagi/addon/addon-vars.ts";
import { controllerRef, type KubeObject, type ObjectMeta } from "../../model/meta.ts";

/** On an Addon: the apps are told before it goes. */
export const finalizer = "nagi.dev/detach";

/** Metadata of an object that goes with the add-on. */
export function ownedMeta(addon: Addon, name: string): ObjectMeta {
  const { namespace, name: addonName = "" } = addon.metadata;
  const owner = controllerRef({ ...addon, apiVersion: "nagi.dev/v1", kind: "Addon" });
  return { name, namespace, labels: { [addonLabel]: addonName }, ownerReferences: [owner] };
}

export function isOwnedBy({ metadata }: KubeObject, owner: KubeObject): boolean {
  return metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) ?? false;
}
