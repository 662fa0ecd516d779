/** Who can give out the log of an object; the API server asks it to serve the `log` subresource. */

import type { KubeObject } from "../model/meta.ts";
import type { LogOptions } from "./client.ts";

export interface LogSource {
  /** Throws a StatusError (for instance BadRequest "container ... is waiting to start") before the first chunk. */
  log(object: KubeObject, options: LogOptions): AsyncIterable<Uint8Array>;
}
