/** What a configuration file says, whatever its kind: profiles ready to decide, extenders and back-off as data. */

import type { Profile } from "../framework/profile.ts";

/** A web server that is asked besides the plugins. */
export interface ExtenderConfig {
  readonly urlPrefix: string;
  readonly filterVerb?: string | undefined;
  readonly prioritizeVerb?: string | undefined;
  readonly preemptVerb?: string | undefined;
  readonly bindVerb?: string | undefined;
  /** Of its scores, which are from 0 to 10. */
  readonly weight: number;
  readonly tls?: ExtenderTls | undefined;
  readonly timeoutMs: number;
  /** It knows the nodes, so that only their names are sent. */
  readonly nodeCacheCapable: boolean;
  /** It is asked only about pods that ask for one of these; about all pods when there are none. */
  readonly managedResources: readonly string[];
  /** A failure of it does not keep pods from their node. */
  readonly ignorable: boolean;
}

export interface ExtenderTls {
  readonly insecure?: boolean | undefined;
  readonly serverName?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly caFile?: string | undefined;
  /** Base64. */
  readonly certData?: string | undefined;
  readonly keyData?: string | undefined;
  readonly caData?: string | undefined;
}

export interface SchedulerConfig {
  readonly kind: "KubeSchedulerConfiguration" | "Policy";
  /** At least one; each has a scheduler name of its own. */
  readonly profiles: readonly Profile[];
  readonly extenders: readonly ExtenderConfig[];
  /** First and longest pause after a failure that is not the pod's; as built in where absent. */
  readonly backoffInitialMs?: number | undefined;
  readonly backoffMaxMs?: number | undefined;
  /** What the file says that has no effect here, as sentences. */
  readonly warnings: readonly string[];
}
