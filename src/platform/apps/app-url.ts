/** The address that people are told: over HTTPS where the route answers so. Pure. */

import type { Route } from "../../model/kinds/route/route/route.ts";

export interface RouterPorts {
  readonly httpPort: number;
  readonly httpsPort: number;
}

export function urlOf(host: string, route: Route | undefined, { httpPort, httpsPort }: RouterPorts): string {
  if (route?.spec.tls === undefined) return `http://${host}${httpPort === 80 ? "" : `:${httpPort}`}`;
  return `https://${host}${httpsPort === 443 ? "" : `:${httpsPort}`}`;
}
