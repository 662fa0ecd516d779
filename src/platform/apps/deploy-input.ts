/** What a deploy is decided by, and what is decided. */

import type { Deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";
import type { RouteMetrics } from "../../model/kinds/nagi/routemetrics/routemetrics.ts";
import type { PhaseChange, RolloutInput } from "./rollout.ts";

export interface DeployInput extends RolloutInput {
  readonly app: App;
  /** That runs web of a release beside the main one. */
  readonly beside: Deployment | undefined;
  /** What the router counted for the routes that lead to the app. */
  readonly metrics: readonly RouteMetrics[];
  /** Whether the app's routes lead to ready instances of this release, and to no others. */
  readonly isServed: (release: Release) => boolean;
  /** Where the release beside can be looked at. */
  readonly previewUrl: string;
  /** Whether the router leads there to the release's instances; asked of one whose instances are all ready. */
  readonly isPreviewed: (release: Release) => boolean;
  readonly nowMs: number;
}

export interface DeployPlan {
  /** What the main deployments run. */
  readonly target: Release | undefined;
  /** What the main deployment of web runs, where that is another one. */
  readonly webTarget?: Release | undefined;
  /** Whose web runs beside; undefined: nothing does. */
  readonly beside?: Release | undefined;
  /** Whose instances get the requests; undefined: all of the app's. */
  readonly serving?: Release | undefined;
  /**
   * The main deployment of web takes over the instances of what runs beside, which is of the same release: first it is paused with
   * the same template (`prepare`), then the one beside lets go of them (`take`).
   */
  readonly adopts?: "prepare" | "take" | undefined;
  /** Percent of the requests that what runs beside gets; undefined: none by weight. */
  readonly canaryWeight?: number | undefined;
  readonly changes: readonly PhaseChange[];
  readonly requeueAfterMs?: number | undefined;
}
