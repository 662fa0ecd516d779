/** The profile that schedules when nothing else is configured: order and weights as kube-scheduler's. */

import { createProfile, type Profile } from "./framework/profile.ts";
import { balancedAllocation } from "./plugins/balancedallocation/balancedallocation.ts";
import { defaultPreemption } from "./plugins/defaultpreemption/defaultpreemption.ts";
import { leastRequested } from "./plugins/leastrequested/leastrequested.ts";
import { nodeName } from "./plugins/nodename/nodename.ts";
import { nodePorts } from "./plugins/nodeports/nodeports.ts";
import { nodeResourcesFit } from "./plugins/noderesourcesfit/noderesourcesfit.ts";
import { nodeSelector } from "./plugins/nodeselector/nodeselector.ts";
import { nodeUnschedulable } from "./plugins/nodeunschedulable/nodeunschedulable.ts";
import { taintToleration } from "./plugins/tainttoleration/tainttoleration.ts";

export const defaultSchedulerName = "default-scheduler";

export function defaultProfile(schedulerName: string = defaultSchedulerName): Profile {
  return createProfile(schedulerName, [
    { plugin: nodeUnschedulable, weight: 0 },
    { plugin: nodeName, weight: 0 },
    { plugin: taintToleration, weight: 3 },
    { plugin: nodeSelector, weight: 2 },
    { plugin: nodePorts, weight: 0 },
    { plugin: nodeResourcesFit, weight: 0 },
    { plugin: leastRequested, weight: 1 },
    { plugin: balancedAllocation, weight: 1 },
    { plugin: defaultPreemption(), weight: 0 },
  ]);
}
