/** What the scheduler reads of storage: the objects that claims lead to. */

import type { ClaimObject as BareClaim, VolumeObject as BareVolume } from "../../model/volume-claims.ts";
import type { MetaObject, NodeSelectorTerm } from "./objects.ts";

type Named = MetaObject & {
  readonly annotations?: Readonly<Record<string, string>> | undefined;
};

export interface ClaimObject extends BareClaim {
  readonly metadata: Named;
}

export interface VolumeObject extends BareVolume {
  readonly metadata: Named;
  readonly spec: BareVolume["spec"] & {
    readonly csi?: { readonly driver: string; readonly volumeHandle: string } | undefined;
    readonly nodeAffinity?:
      | {
          readonly required?: { readonly nodeSelectorTerms: readonly NodeSelectorTerm[] } | undefined;
        }
      | undefined;
  };
}

export interface StorageClassObject {
  readonly metadata: MetaObject;
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

export interface CSINodeObject {
  readonly metadata: MetaObject;
  readonly spec: {
    readonly drivers: readonly {
      readonly name: string;
      readonly allocatable?: { readonly count?: number | undefined } | undefined;
    }[];
  };
}

/** Their kinds in `cluster.related`. */
export const storageKinds = {
  claim: "PersistentVolumeClaim",
  volume: "PersistentVolume",
  storageClass: "StorageClass",
  csiNode: "CSINode",
} as const;
