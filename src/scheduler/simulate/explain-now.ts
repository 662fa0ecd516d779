/** Why a pod is where it is, or why it waits, worked out from the cluster as it is now. */

import { seededRandom } from "../../lib/random.ts";
import type { SchedulingDecisionSpec } from "../../model/kinds/nagi/schedulingdecision/schedulingdecision.ts";
import { Decider, type Decision } from "../decide.ts";
import { explain } from "../explain/explain.ts";
import { suggest } from "../explain/suggest/suggest.ts";
import type { Profile } from "../framework/profile.ts";
import { defaultProfile } from "../profiles.ts";
import type { PodObject } from "../snapshot/objects.ts";
import { readPod } from "../snapshot/pod-info.ts";
import { withoutNode } from "./scenario.ts";
import { clusterOf, nodeOf, type World } from "./world.ts";

export interface ExplainNowOptions {
  /** The default rules, under this name. */
  readonly schedulerName?: string | undefined;
  /** In place of the default rules. */
  readonly profile?: Profile | undefined;
  readonly seed: number;
  readonly decidedAt: string;
  readonly nodeLimit: number;
}

/** Of a pod that has a node: as if it were to be placed now, beside all others, and it went where it is. */
export function explainNow(
  world: World,
  pod: PodObject,
  { schedulerName, profile = defaultProfile(schedulerName), seed, decidedAt, nodeLimit }: ExplainNowOptions,
): SchedulingDecisionSpec {
  const info = readPod(withoutNode(pod));
  const cluster = clusterOf(world);
  cluster.removePod(info.uid);
  const decision = new Decider({ profile, cluster, random: seededRandom(seed) }).decide(info);
  const present = nodeOf(pod);
  const row = present === undefined ? undefined : cluster.rowOf(present);
  const shown: Decision =
    present === undefined || row === undefined
      ? decision
      : { ...decision, chosen: { row, nodeName: present } };
  const options = {
    cluster,
    schedulerName: schedulerName ?? profile.schedulerName,
    seed,
    decidedAt,
    nodeLimit,
  };
  const spec = explain(shown, options);
  if (shown.chosen !== undefined) return spec;
  return { ...spec, suggestions: [...suggest(info, { cluster, profile })] };
}
