/** All that the oracle reads of objects, in the shapes of the Kubernetes API. */

export type Labels = Readonly<Record<string, string>>;
export type Quantities = Readonly<Record<string, string>>;

export interface Meta {
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  readonly uid?: string | undefined;
  readonly labels?: Labels | undefined;
  readonly annotations?: Labels | undefined;
  readonly creationTimestamp?: string | undefined;
  readonly deletionTimestamp?: string | undefined;
  readonly ownerReferences?: OwnerReference[] | undefined;
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean | undefined;
}

export interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[] | undefined;
}

export interface LabelSelector {
  readonly matchLabels?: Labels | undefined;
  readonly matchExpressions?: readonly Requirement[] | undefined;
}

export interface NodeTerm {
  readonly matchExpressions?: readonly Requirement[] | undefined;
  readonly matchFields?: readonly Requirement[] | undefined;
}

export interface NodeAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?:
    | { readonly nodeSelectorTerms: readonly NodeTerm[] }
    | undefined;
  readonly preferredDuringSchedulingIgnoredDuringExecution?:
    | readonly { readonly weight: number; readonly preference: NodeTerm }[]
    | undefined;
}

export interface PodTerm {
  readonly labelSelector?: LabelSelector | undefined;
  readonly namespaces?: readonly string[] | undefined;
  readonly namespaceSelector?: LabelSelector | undefined;
  readonly topologyKey: string;
  readonly matchLabelKeys?: readonly string[] | undefined;
  readonly mismatchLabelKeys?: readonly string[] | undefined;
}

export interface PodAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly PodTerm[] | undefined;
  readonly preferredDuringSchedulingIgnoredDuringExecution?:
    | readonly { readonly weight: number; readonly podAffinityTerm: PodTerm }[]
    | undefined;
}

export interface SpreadConstraint {
  readonly maxSkew: number;
  readonly minDomains?: number | undefined;
  readonly topologyKey: string;
  readonly whenUnsatisfiable: string;
  readonly labelSelector?: LabelSelector | undefined;
  readonly matchLabelKeys?: readonly string[] | undefined;
  readonly nodeAffinityPolicy?: string | undefined;
  readonly nodeTaintsPolicy?: string | undefined;
}

export interface Toleration {
  readonly key?: string | undefined;
  readonly operator?: string | undefined;
  readonly value?: string | undefined;
  readonly effect?: string | undefined;
}

export interface Taint {
  readonly key: string;
  readonly value?: string | undefined;
  readonly effect: string;
}

export interface Container {
  readonly name?: string | undefined;
  readonly image?: string | undefined;
  readonly restartPolicy?: string | undefined;
  readonly resources?: { readonly requests?: Quantities | undefined } | undefined;
  readonly ports?:
    | readonly {
        readonly containerPort?: number | undefined;
        readonly hostPort?: number | undefined;
        readonly hostIP?: string | undefined;
        readonly protocol?: string | undefined;
      }[]
    | undefined;
}

export interface Volume {
  readonly name: string;
  readonly persistentVolumeClaim?: { readonly claimName: string } | undefined;
  readonly ephemeral?: object | undefined;
  readonly gcePersistentDisk?:
    | { readonly pdName: string; readonly readOnly?: boolean | undefined }
    | undefined;
  readonly awsElasticBlockStore?:
    | { readonly volumeID: string; readonly readOnly?: boolean | undefined }
    | undefined;
  readonly iscsi?:
    | {
        readonly targetPortal: string;
        readonly iqn: string;
        readonly lun: number;
        readonly readOnly?: boolean | undefined;
      }
    | undefined;
  readonly rbd?:
    | {
        readonly monitors: readonly string[];
        readonly image: string;
        readonly pool?: string | undefined;
        readonly readOnly?: boolean | undefined;
      }
    | undefined;
}

export interface Pod {
  readonly metadata: Meta;
  readonly spec: {
    readonly nodeName?: string | undefined;
    readonly hostNetwork?: boolean | undefined;
    readonly priority?: number | undefined;
    readonly preemptionPolicy?: string | undefined;
    readonly overhead?: Quantities | undefined;
    readonly resources?: { readonly requests?: Quantities | undefined } | undefined;
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[] | undefined;
    readonly nodeSelector?: Labels | undefined;
    readonly affinity?:
      | {
          readonly nodeAffinity?: NodeAffinity | undefined;
          readonly podAffinity?: PodAffinity | undefined;
          readonly podAntiAffinity?: PodAffinity | undefined;
        }
      | undefined;
    readonly topologySpreadConstraints?: readonly SpreadConstraint[] | undefined;
    readonly tolerations?: readonly Toleration[] | undefined;
    readonly volumes?: readonly Volume[] | undefined;
  };
  readonly status?:
    | {
        readonly phase?: string | undefined;
        readonly startTime?: string | undefined;
        readonly nominatedNodeName?: string | undefined;
      }
    | undefined;
}

export interface Node {
  readonly metadata: Meta;
  readonly spec?:
    | { readonly unschedulable?: boolean | undefined; readonly taints?: readonly Taint[] | undefined }
    | undefined;
  readonly status?:
    | {
        readonly allocatable?: Quantities | undefined;
        readonly capacity?: Quantities | undefined;
        readonly images?:
          | readonly {
              readonly names?: readonly string[] | undefined;
              readonly sizeBytes?: number | undefined;
            }[]
          | undefined;
      }
    | undefined;
}

export interface Namespace {
  readonly metadata: Meta;
}

/** Service and ReplicationController: a plain set of labels selects. */
export interface PlainOwner {
  readonly metadata: Meta;
  readonly spec: { readonly selector?: Labels | undefined };
}

/** ReplicaSet and StatefulSet. */
export interface SelectingOwner {
  readonly metadata: Meta;
  readonly spec: { readonly selector: LabelSelector };
}

export interface PersistentVolume {
  readonly metadata: Meta;
  readonly spec: {
    readonly capacity: Quantities;
    readonly accessModes: readonly string[];
    readonly storageClassName?: string | undefined;
    readonly volumeMode?: string | undefined;
    readonly claimRef?:
      | { readonly namespace: string; readonly name: string; readonly uid?: string | undefined }
      | undefined;
    readonly nodeAffinity?:
      | { readonly required?: { readonly nodeSelectorTerms: readonly NodeTerm[] } | undefined }
      | undefined;
    readonly csi?: { readonly driver: string; readonly volumeHandle: string } | undefined;
  };
  readonly status?: { readonly phase?: string | undefined } | undefined;
}

export interface PersistentVolumeClaim {
  readonly metadata: Meta;
  readonly spec: {
    readonly accessModes: readonly string[];
    readonly resources: { readonly requests: Quantities };
    readonly storageClassName?: string | undefined;
    readonly volumeMode?: string | undefined;
    readonly volumeName?: string | undefined;
    readonly selector?: LabelSelector | undefined;
  };
  readonly status?: { readonly phase?: string | undefined } | undefined;
}

export interface StorageClass {
  readonly metadata: Meta;
  readonly provisioner: string;
  readonly volumeBindingMode?: string | undefined;
  readonly allowedTopologies?:
    | readonly {
        readonly matchLabelExpressions?:
          | readonly { readonly key: string; readonly values: readonly string[] }[]
          | undefined;
      }[]
    | undefined;
}

export interface CsiNode {
  readonly metadata: Meta;
  readonly spec: {
    readonly drivers: readonly {
      readonly name: string;
      readonly nodeID: string;
      readonly allocatable?: { readonly count?: number | undefined } | undefined;
    }[];
  };
}

export interface DisruptionBudget {
  readonly metadata: Meta;
  readonly spec: { readonly selector?: LabelSelector | undefined };
  readonly status?:
    | {
        readonly disruptionsAllowed?: number | undefined;
        readonly disruptedPods?: Readonly<Record<string, string>> | undefined;
      }
    | undefined;
}
