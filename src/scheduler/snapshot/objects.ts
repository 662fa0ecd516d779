/**
 * What the scheduler reads of pods and nodes. `Pod` and `Node` of the model fit these shapes; so do objects read
 * from a file or from another cluster, which may carry more.
 */

import type { OwnerReference } from "../../model/meta.ts";
import type { PodVolumeObject } from "./pod-volume-object.ts";

export interface MetaObject {
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly creationTimestamp?: string | undefined;
  readonly deletionTimestamp?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly ownerReferences?: OwnerReference[] | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

export type QuantityMap = Readonly<Record<string, string>>;

export interface ContainerObject {
  readonly name?: string | undefined;
  readonly image?: string | undefined;
  readonly restartPolicy?: string | undefined;
  readonly resources?:
    | { readonly requests?: QuantityMap | undefined; readonly limits?: QuantityMap | undefined }
    | undefined;
  readonly ports?:
    | readonly {
        readonly containerPort?: number | undefined;
        readonly hostPort?: number | undefined;
        readonly hostIP?: string | undefined;
        readonly protocol?: string | undefined;
      }[]
    | undefined;
}

export interface TolerationObject {
  readonly key?: string | undefined;
  readonly operator?: string | undefined;
  readonly value?: string | undefined;
  readonly effect?: string | undefined;
}

export interface SelectorRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[] | undefined;
}

export interface NodeSelectorTerm {
  readonly matchExpressions?: readonly SelectorRequirement[] | undefined;
  readonly matchFields?: readonly SelectorRequirement[] | undefined;
}

export interface NodeAffinityObject {
  readonly requiredDuringSchedulingIgnoredDuringExecution?:
    | { readonly nodeSelectorTerms: readonly NodeSelectorTerm[] }
    | undefined;
  readonly preferredDuringSchedulingIgnoredDuringExecution?:
    | readonly { readonly weight: number; readonly preference: NodeSelectorTerm }[]
    | undefined;
}

export interface LabelSelectorObject {
  readonly matchLabels?: Readonly<Record<string, string>> | undefined;
  readonly matchExpressions?: readonly SelectorRequirement[] | undefined;
}

export interface PodAffinityTermObject {
  readonly labelSelector?: LabelSelectorObject | undefined;
  readonly namespaces?: readonly string[] | undefined;
  readonly namespaceSelector?: LabelSelectorObject | undefined;
  readonly topologyKey: string;
  readonly matchLabelKeys?: readonly string[] | undefined;
  readonly mismatchLabelKeys?: readonly string[] | undefined;
}

export interface PodAffinityObject {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly PodAffinityTermObject[] | undefined;
  readonly preferredDuringSchedulingIgnoredDuringExecution?:
    | readonly { readonly weight: number; readonly podAffinityTerm: PodAffinityTermObject }[]
    | undefined;
}

export interface AffinityObject {
  readonly nodeAffinity?: NodeAffinityObject | undefined;
  readonly podAffinity?: PodAffinityObject | undefined;
  readonly podAntiAffinity?: PodAffinityObject | undefined;
}

export interface SpreadConstraintObject {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly whenUnsatisfiable: string;
  readonly labelSelector?: LabelSelectorObject | undefined;
  readonly minDomains?: number | undefined;
  readonly nodeAffinityPolicy?: string | undefined;
  readonly nodeTaintsPolicy?: string | undefined;
  readonly matchLabelKeys?: readonly string[] | undefined;
}

export interface PodObject {
  readonly metadata: MetaObject;
  readonly spec: {
    readonly nodeName?: string | undefined;
    readonly schedulerName?: string | undefined;
    readonly hostNetwork?: boolean | undefined;
    readonly priority?: number | undefined;
    readonly overhead?: QuantityMap | undefined;
    readonly resources?: { readonly requests?: QuantityMap | undefined } | undefined;
    readonly containers: readonly ContainerObject[];
    readonly initContainers?: readonly ContainerObject[] | undefined;
    readonly nodeSelector?: Readonly<Record<string, string>> | undefined;
    readonly affinity?: AffinityObject | undefined;
    readonly topologySpreadConstraints?: readonly SpreadConstraintObject[] | undefined;
    readonly tolerations?: readonly TolerationObject[] | undefined;
    readonly schedulingGates?: readonly { readonly name: string }[] | undefined;
    readonly preemptionPolicy?: string | undefined;
    readonly volumes?: readonly PodVolumeObject[] | undefined;
  };
  readonly status?:
    | {
        readonly phase?: string | undefined;
        readonly startTime?: string | undefined;
        readonly nominatedNodeName?: string | undefined;
        readonly conditions?:
          | readonly {
              readonly type: string;
              readonly status: string;
              readonly reason?: string | undefined;
            }[]
          | undefined;
      }
    | undefined;
}

export interface TaintObject {
  readonly key: string;
  readonly value?: string | undefined;
  readonly effect: string;
}

export interface NodeObject {
  readonly metadata: MetaObject;
  readonly spec?:
    | {
        readonly unschedulable?: boolean | undefined;
        readonly taints?: readonly TaintObject[] | undefined;
      }
    | undefined;
  readonly status?:
    | {
        readonly allocatable?: QuantityMap | undefined;
        readonly capacity?: QuantityMap | undefined;
        readonly images?:
          | readonly {
              readonly names?: readonly string[] | undefined;
              readonly sizeBytes?: number | undefined;
            }[]
          | undefined;
      }
    | undefined;
}
