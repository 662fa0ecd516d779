/** Routes, services and endpoints for tests. */

import { service, type Service } from "../../../model/kinds/core/service/service.ts";
import {
  endpointSlice,
  type Endpoint,
  type EndpointSlice,
} from "../../../model/kinds/discovery/endpointslice/endpointslice.ts";
import { ingress, type Ingress } from "../../../model/kinds/networking/ingress/ingress.ts";
import {
  ingressClass,
  routerController,
  type IngressClass,
} from "../../../model/kinds/networking/ingressclass/ingressclass.ts";
import { route, type Route } from "../../../model/kinds/route/route/route.ts";
import { newObject } from "../../../model/kind.ts";
import type { ObjectMeta } from "../../../model/meta.ts";

export function aRoute(name: string, spec: Partial<Route["spec"]> = {}, metadata: ObjectMeta = {}): Route {
  const labels = { "nagi.dev/app": name };
  return newObject<Route>(
    route,
    { name, namespace: "default", labels, ...metadata },
    { spec: { host: `${name}.localhost`, to: { name }, ...spec } },
  );
}

export function aService(name: string, ports: Service["spec"]["ports"] = [{ port: 80 }]): Service {
  return newObject<Service>(service, { name, namespace: "default" }, { spec: { ports } });
}

/** Endpoints of the service of that name: addresses, or whole endpoints. */
export function aSlice(
  name: string,
  endpoints: readonly (string | Endpoint)[],
  ports: EndpointSlice["ports"] = [{ name: "", port: 8080 }],
): EndpointSlice {
  return newObject<EndpointSlice>(
    endpointSlice,
    { name: `${name}-1`, namespace: "default", labels: { "kubernetes.io/service-name": name } },
    {
      addressType: "IPv4",
      ports,
      endpoints: endpoints.map((given) =>
        typeof given === "string"
          ? {
              addresses: [given],
              conditions: { ready: true },
              targetRef: { kind: "Pod", name: `pod-${given}` },
            }
          : given,
      ),
    },
  );
}

export const nagiClass = newObject<IngressClass>(
  ingressClass,
  { name: "nagi" },
  { spec: { controller: routerController } },
);

/** Of the class nagi. */
export function anIngress(name: string, spec: Ingress["spec"], metadata: ObjectMeta = {}): Ingress {
  return newObject<Ingress>(
    ingress,
    { name, namespace: "default", uid: `uid-${name}`, ...metadata },
    { spec: { ingressClassName: "nagi", ...spec } },
  );
}

/** `a:80` is port 80 of the service a, `a:web` its port web. */
export function toService(text: string): {
  service: { name: string; port: { name?: string; number?: number } };
} {
  const [name = "", port = "80"] = text.split(":");
  return { service: { name, port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port } } };
}
