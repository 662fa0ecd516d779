/** An Ingress that names no class, not even by the old annotation, gets the default one. */

import type { KindHook } from "./hooks.ts";
import { ingressClassAnnotation, type Ingress } from "../../../model/kinds/networking/ingress/ingress.ts";
import { isDefaultIngressClass } from "../../../model/kinds/networking/ingressclass/ingressclass.ts";
import type { Store } from "../../store/store.ts";
import { defaultClass } from "./default-class.ts";

export function ingressHook(store: Store): KindHook {
  return {
    prepare(object) {
      const { spec, metadata } = object as Partial<Ingress>;
      // What has another form is refused by the checks that follow.
      if (typeof spec !== "object" || spec === null || spec.ingressClassName !== undefined) return;
      if (metadata?.annotations?.[ingressClassAnnotation] !== undefined) return;
      const name = defaultClass(store, "ingressclasses.networking.k8s.io", isDefaultIngressClass);
      if (name !== undefined) spec.ingressClassName = name;
    },
  };
}
