/** Routes, services and endpoints for tests. */

import { service, type Service } from "../../../model/kinds/core/service/service.ts";
import {
  endpointSlice,
  type Endpoint,
  type EndpointSlice,
} from "../../../model/kinds/discovery/endpointslice/endpointslice.ts";
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
