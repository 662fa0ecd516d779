/** Changes that could make a waiting pod fit. */

import type { NodeObject } from "../snapshot/objects.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { RelatedObject } from "../snapshot/related.ts";

export type ClusterEvent =
  | { readonly type: "NodeAdded"; readonly row: number }
  /** `aspects` are bits of `nodeAspect`. */
  | { readonly type: "NodeChanged"; readonly row: number; readonly aspects: number }
  /** `node` is as it was. */
  | { readonly type: "NodeRemoved"; readonly node: NodeObject }
  /** A pod was given to the node: only plugins that say so in a `hint` can wait for that. */
  | { readonly type: "PodAdded"; readonly row: number; readonly pod: PodInfo }
  /** A pod of the node was deleted, has finished, or turned out not to go there. */
  | { readonly type: "PodRemoved"; readonly row: number; readonly pod: PodInfo }
  /** An object of `cluster.related` came, changed (it was `previous`), or went. */
  | {
      readonly type: "RelatedChanged";
      readonly kind: string;
      readonly object: RelatedObject;
      readonly previous: RelatedObject | undefined;
      readonly isGone: boolean;
    };
