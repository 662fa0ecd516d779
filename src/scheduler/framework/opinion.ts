/** What web servers that are asked besides the plugins say of the nodes that the plugins let a pod have. */

export interface Opinion {
  /** Address of the extender. */
  readonly extender: string;
  /** Whether it was asked which nodes to leave out. */
  readonly filters: boolean;
  /** Why it leaves nodes out, by name. */
  readonly refused: ReadonlyMap<string, string>;
  /** Its points of 0 to 10 by node; undefined when it gives none. */
  readonly points: ReadonlyMap<string, number> | undefined;
  /** Of its points. */
  readonly weight: number;
  /** How it failed, when it is one that may. */
  readonly error?: string | undefined;
}

/** A decision with opinions: the choice is among the nodes that all extenders take. */
export interface Extended {
  readonly opinions: readonly Opinion[];
  /** What one point, of 0 to 10, is among the plugins' scores: 10 where those go up to 100, else 1. */
  readonly factor: number;
  /** By row, the best first: what plugins and extenders together give. */
  readonly totals: ReadonlyMap<number, number>;
  /** Why the others are left out although the plugins take them, by row. */
  readonly refused: ReadonlyMap<number, string>;
}

/** What the extender adds to the total of a node. */
export function weightedPoints({ points, weight }: Opinion, nodeName: string, factor: number): number {
  return (points?.get(nodeName) ?? 0) * factor * weight;
}
