/** Pods run as the namespace's default account unless they name one, which must be there. */

import type { Kind } from "../../../model/kind.ts";
import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import type { Store } from "../../store/store.ts";
import { forbidden } from "../api-errors.ts";
import type { KindHook } from "./hooks.ts";

const defaultAccount = "default";

export function podHook(kind: Kind, store: Store): KindHook {
  return {
    prepare(object) {
      const { spec, metadata } = object as Partial<Pod>;
      if (typeof spec !== "object") return;
      const { namespace = "", name = "" } = metadata ?? {};
      const account = spec.serviceAccountName ?? "";
      if (account === "") {
        spec.serviceAccountName = defaultAccount;
        return;
      }
      // The default account is made after its namespace; a pod need not wait for it.
      if (account === defaultAccount) return;
      if (store.get({ resource: "serviceaccounts", namespace, name: account }) !== undefined) return;
      const why = `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`;
      throw forbidden(kind, name, why);
    },
  };
}
