/** What the doctor looks at, gathered before it judges. */

import type { AppMetrics } from "../../model/app-metrics.ts";
import type { Build } from "../../model/kinds/build/build/build.ts";
import type { Event } from "../../model/kinds/core/event/event.ts";
import type { Node } from "../../model/kinds/core/node/node.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import type { Addon } from "../../model/kinds/nagi/addon/addon.ts";
import type { AddonBackup } from "../../model/kinds/nagi/addonbackup/addonbackup.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";
import type { SchedulingDecisionSpec } from "../../model/kinds/nagi/schedulingdecision/schedulingdecision.ts";
import type { RouteMetrics } from "../../model/kinds/nagi/routemetrics/routemetrics.ts";
import type { Route } from "../../model/kinds/route/route/route.ts";
import type { Listener } from "./listeners.ts";
import type { Traffic } from "./traffic.ts";

/** What one request to the app's own address brought. */
export interface Answer {
  readonly url: string;
  readonly tookMs: number;
  readonly status?: number | undefined;
  /** Why there was no answer. */
  readonly failure?: string | undefined;
}

export interface NodeUse {
  readonly node: string;
  /** Of its processors, 0 to 1. */
  readonly cpuShare: number;
}

export interface CertificateTrouble {
  readonly host: string;
  /** What a client that asked for the host was shown: why it would not go on. */
  readonly trouble: string;
}

export interface VolumeUse {
  readonly claim: string;
  /** Where it is mounted. */
  readonly path: string;
  readonly usedBytes: number;
  /** What it should hold. */
  readonly sizeBytes: number;
}

export interface Evidence {
  readonly app: App;
  readonly releases: readonly Release[];
  readonly builds: readonly Build[];
  /** Of its process types; neither those of one-off commands nor ones that are being deleted. */
  readonly pods: readonly Pod[];
  readonly routes: readonly Route[];
  readonly nodes: readonly Node[];
  /** That the app uses, and their backups. */
  readonly addons: readonly Addon[];
  readonly backups: readonly AddonBackup[];
  /** Of the app, where what it holds is known. */
  readonly volumes: readonly VolumeUse[];
  /** Of those pods, newest last. */
  readonly events: readonly Event[];
  /** Of pods that wait for a node, by name. */
  readonly decisions: ReadonlyMap<string, SchedulingDecisionSpec>;
  /** The last lines of pods that crashed or are not ready, by name. */
  readonly lastLines: ReadonlyMap<string, readonly string[]>;
  /** Ports that web pods listen on, by name; absent where the image has no program to tell. */
  readonly listeners: ReadonlyMap<string, readonly Listener[]>;
  readonly traffic: Traffic;
  /** Of the last 15 minutes; absent where the platform keeps none. */
  readonly metrics?: AppMetrics | undefined;
  /** Of its routes. */
  readonly routeMetrics: readonly RouteMetrics[];
  readonly nodeUses: readonly NodeUse[];
  /** What is wrong with the certificates of its hosts. */
  readonly certificates: readonly CertificateTrouble[];
  /** Whether the platform may end all web processes while nobody asks. */
  readonly webSleeps?: boolean | undefined;
  /** Absent when the app has no web process. */
  readonly answer?: Answer | undefined;
  /** Further hosts of the app whose name leads nowhere. */
  readonly unresolvedHosts: readonly string[];
  readonly nowMs: number;
}

export type Severity = "error" | "warning" | "note";

export interface Finding {
  /** In one CamelCase word, for machines. */
  readonly cause: string;
  /** error: the app does not serve as it should; warning: it may soon not; note: worth knowing. */
  readonly severity: Severity;
  /** One sentence without full stop. */
  readonly text: string;
  readonly evidence: readonly string[];
  /** Commands and advice, the most useful first. */
  readonly next: readonly string[];
}

export type Rule = (evidence: Evidence) => readonly Finding[];
