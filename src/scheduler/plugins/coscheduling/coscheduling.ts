/**
 * Coscheduling: pods of one PodGroup are placed together or not at all. The loop decides about the members of a group
 * as one (`gang.ts`); the plugin keeps them apart from other pods, so that what is known of one kind of pod is never
 * used for the other, and has the groups followed.
 */

import type { Plugin } from "../../framework/plugin.ts";
import { groupOf } from "../../snapshot/pod-groups.ts";

export const coscheduling: Plugin = {
  name: "Coscheduling",
  related: ["PodGroup"],
  shareKey: (pod) => groupOf(pod) ?? "",
};
