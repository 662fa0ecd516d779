/** The Services of an app's ports of the machine that lead to a process at another port than the app's own Service does. */

import { processLabel } from "../../model/kinds/nagi/app/app-names.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import type { Service } from "../../model/kinds/core/service/service.ts";
import { tcpPortOf } from "../../model/kinds/route/route/tcp-port.ts";
import { controllerOf, keyOf, refOf } from "../../model/meta.ts";
import type { AppCaches } from "./app-caches.ts";
import { isOwnedBy } from "./names.ts";

export interface PortService {
  readonly service: Service;
  /** The type of the instances that it leads to. */
  readonly process: string;
}

/** Each was made with its Route, and is named like it. */
export function portServices(app: App, caches: AppCaches): readonly PortService[] {
  return caches.of(app).routes.flatMap((each) => {
    if (tcpPortOf(each) === undefined || !isOwnedBy(each, app)) return [];
    const service = caches.services.get(keyOf(refOf(each)));
    const process = service?.spec.selector?.[processLabel];
    if (service === undefined || process === undefined) return [];
    return controllerOf(service)?.uid === each.metadata.uid ? [{ service, process }] : [];
  });
}
