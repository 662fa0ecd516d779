/**
 * Pods run as the namespace's default account unless they name one, which must be there, and get its pull secrets and
 * their priority. Selectors of a new pod get the values of the labels that they are to share with it.
 */

import type { Kind } from "../../../model/kind.ts";
import { hasTypes } from "../../../model/conforms.ts";
import { mergeLabelKeys } from "../../../model/kinds/core/pod/label-keys.ts";
import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import type { ServiceAccount } from "../../../model/kinds/core/serviceaccount/serviceaccount.ts";
import type { Store } from "../../store/store.ts";
import { forbidden } from "../api-errors.ts";
import type { KindHook } from "./hooks.ts";
import { admitPriority, type PriorityClasses } from "./priority.ts";

const defaultAccount = "default";

export function podHook(kind: Kind, store: Store, priorities: PriorityClasses): KindHook {
  return {
    prepare(object) {
      const { spec, metadata } = object as Partial<Pod>;
      if (typeof spec !== "object") return;
      if (placesByOthers(spec) && hasTypes(kind, object)) mergeLabelKeys(object as Pod);
      admitPriority(kind, object, priorities);
      const { namespace = "", name = "" } = metadata ?? {};
      const account = (spec.serviceAccountName ||= defaultAccount);
      const found = store.get({ resource: "serviceaccounts", namespace, name: account })?.value;
      takePullSecrets(spec, found);
      // The default account is made after its namespace; a pod need not wait for it.
      if (found !== undefined || account === defaultAccount) return;
      const why = `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`;
      throw forbidden(kind, name, why);
    },
  };
}

/** A pod that names none has those of its account. */
function takePullSecrets(spec: Pod["spec"], account: ServiceAccount | undefined): void {
  const names = account?.imagePullSecrets ?? [];
  if (names.length > 0 && (spec.imagePullSecrets ?? []).length === 0)
    spec.imagePullSecrets = names.map(({ name }) => ({ name }));
}

/** Few do: of the others nothing need be looked at. */
function placesByOthers({ affinity, topologySpreadConstraints }: Pod["spec"]): boolean {
  return affinity !== undefined || topologySpreadConstraints !== undefined;
}
