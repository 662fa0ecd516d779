/** Rules of OpenShift v3's policy file that today's Kubernetes has no more, and its scores from 0 to 10. */

import { offered, scoredRequest } from "./amounts.ts";
import { absolute, podsOn, type Rule } from "./world.ts";

/** All of the labels are there, or none of them. */
export function labelsPresence(labels: readonly string[], presence: boolean): Rule {
  return {
    name: "LabelsPresence",
    filter: (_pod, { metadata }) =>
      labels.every((label) => (metadata.labels?.[label] !== undefined) === presence)
        ? []
        : ["node(s) didn't have the requested labels"],
  };
}

export function labelPreference(name: string, label: string, presence: boolean): Rule {
  return {
    name,
    score: (_pod, fitting) =>
      absolute(
        fitting.map(({ metadata }) => ((metadata.labels?.[label] !== undefined) === presence ? 10 : 0)),
      ),
  };
}

export const equalPriority: Rule = {
  name: "EqualPriority",
  score: (_pod, fitting) => absolute(fitting.map(() => 1)),
};

export const leastRequestedPriority: Rule = {
  name: "LeastRequestedPriority",
  score: (pod, fitting, world) =>
    absolute(
      fitting.map((node) => {
        const free = ["cpu", "memory"].map((resource) => {
          const all = offered(node, resource);
          const used = [...podsOn(node, world), pod].reduce(
            (sum, each) => sum + scoredRequest(each, resource),
            0n,
          );
          return all === 0n || used > all ? 0n : ((all - used) * 10n) / all;
        });
        return Number(free.reduce((sum, share) => sum + share, 0n) / 2n);
      }),
    ),
};

export const balancedPriority: Rule = {
  name: "BalancedResourceAllocation",
  score: (pod, fitting, world) =>
    absolute(
      fitting.map((node) => {
        const [cpu = 1, memory = 1] = ["cpu", "memory"].map((resource) => {
          const all = offered(node, resource);
          const used = [...podsOn(node, world), pod].reduce(
            (sum, each) => sum + scoredRequest(each, resource),
            0n,
          );
          return all === 0n ? 1 : Number(used) / Number(all);
        });
        return cpu >= 1 || memory >= 1 ? 0 : Math.trunc(10 - Math.abs(cpu - memory) * 10);
      }),
    ),
};
