/** An app's placement in the scheduler's terms. Pure. */

import type { PodSpec } from "../../core/pod/pod-spec.ts";
import { poolLabel, type AppPlacement } from "./app-placement.ts";

type PlacedSpec = Pick<
  PodSpec,
  "nodeSelector" | "tolerations" | "affinity" | "topologySpreadConstraints" | "priorityClassName"
>;

const zoneLabel = "topology.kubernetes.io/zone";
const nodeLabel = "kubernetes.io/hostname";
/** Old instances count for nothing: at a deploy each release is divided by itself. */
const ownRelease = ["pod-template-hash"];

/** `alike` are the labels of the pods that are divided; absent: one by itself has nothing to be divided from. */
export function placementSpec(
  { pool, avoid = [], spread, strict = false, priority }: AppPlacement = {},
  alike?: Readonly<Record<string, string>>,
): PlacedSpec {
  return {
    ...(priority === undefined ? {} : { priorityClassName: priority }),
    ...(pool === undefined
      ? {}
      : {
          nodeSelector: { [poolLabel]: pool },
          tolerations: [{ key: poolLabel, operator: "Equal", value: pool, effect: "NoSchedule" }],
        }),
    ...(avoid.length === 0
      ? {}
      : {
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [
                  { matchExpressions: [{ key: poolLabel, operator: "NotIn", values: [...avoid] }] },
                ],
              },
            },
          },
        }),
    ...(spread === undefined || alike === undefined
      ? {}
      : {
          topologySpreadConstraints: (spread === "zone" ? [zoneLabel, nodeLabel] : [nodeLabel]).map(
            (topologyKey, index) => ({
              maxSkew: 1,
              topologyKey,
              whenUnsatisfiable: strict && index === 0 ? "DoNotSchedule" : "ScheduleAnyway",
              // Nodes of pools that are reserved for others are no places to be divided over.
              nodeTaintsPolicy: "Honor",
              labelSelector: { matchLabels: { ...alike } },
              matchLabelKeys: [...ownRelease],
            }),
          ),
        }),
  };
}
