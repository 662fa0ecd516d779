/**
 * ServiceAffinity of OpenShift v3: all pods of a service are on nodes with the same values of these labels, for
 * instance in one region. The pod's nodeSelector says which values, or else the node of the service's first pod.
 */

import type { Plugin } from "../../framework/plugin.ts";
import { proceed, skip } from "../../framework/plugin.ts";
import { labelTest, type RowTest } from "../nodeaffinity/terms.ts";
import { PodGroups } from "../servicepods/service-pods.ts";

export const reasonAffinity = "node(s) didn't match service affinity";

export interface ServiceAffinityArgs {
  /** What the policy calls it. */
  readonly name: string;
  readonly labels: readonly string[];
}

interface Demand {
  readonly key: string;
  readonly value: string;
  readonly test: RowTest;
}

interface AffinityState {
  readonly demands: readonly Demand[];
  /** Whose node it follows. */
  readonly first: string | undefined;
}

export function serviceAffinity({ name, labels }: ServiceAffinityArgs): Plugin<AffinityState> {
  const groups = new PodGroups(["Service"], true);
  return {
    name,
    policyName: "ServiceAffinity",
    related: ["Service"],
    shareKey: (pod) => {
      const given = labels.map((key) => pod.object.spec.nodeSelector?.[key]);
      const key = PodGroups.keyOf(pod);
      return key === "" && given.every((value) => value === undefined) ? "" : JSON.stringify([key, given]);
    },
    version: (pod, cluster) => groups.of(pod, cluster)?.version ?? 0,

    preFilter: (pod, cluster) => {
      const first = groups.of(pod, cluster)?.first;
      const demands = labels.flatMap((key): Demand[] => {
        const value = pod.object.spec.nodeSelector?.[key] ?? first?.node?.metadata.labels?.[key];
        if (value === undefined) return [];
        return [{ key, value, test: labelTest({ key, operator: "In", values: [value] }, cluster) }];
      });
      return demands.length === 0 ? skip : proceed({ demands, first: first?.pod.key });
    },
    filter: ({ demands }, row) => {
      for (let index = 0; index < demands.length; index++) if (demands[index]?.test(row) !== true) return 1;
      return 0;
    },
    reasons: ({ demands, first }, _detail, at) => {
      const wanted = demands.map(({ key, value }) => `${key}=${value}`).join(", ");
      const why = first === undefined ? "the pod asks for" : `pod ${first} of the service is at`;
      return [{ text: reasonAffinity, detail: at && `${why} ${wanted}`, resolvable: true }];
    },
    // A node's labels may be those of the first pod's, which decides about all nodes.
    hint: (event, pod) => !("pod" in event) || event.pod.namespace === pod.namespace,
  };
}
