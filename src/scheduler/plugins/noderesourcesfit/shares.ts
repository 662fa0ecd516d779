/** Shares of what a node offers, in whole parts of `scale`, exactly. */

/** How many `scale`-ths of `whole` the part is, cut. `whole` is not 0. */
export function shareOf(part: number, whole: number, scale: number): number {
  const product = part * scale;
  if (product <= Number.MAX_SAFE_INTEGER) return Math.trunc(product / whole);
  return Number((BigInt(part) * BigInt(scale)) / BigInt(whole));
}

/** Nothing where more is wanted than there is. */
export function freeShare(requested: number, offered: number, scale: number): number {
  return offered === 0 || requested > offered ? 0 : shareOf(offered - requested, offered, scale);
}

export function usedShare(requested: number, offered: number, scale: number): number {
  return offered === 0 ? 0 : shareOf(Math.min(requested, offered), offered, scale);
}

export interface ShapePoint {
  /** Percent. */
  readonly utilization: number;
  /** 0 to 10. */
  readonly score: number;
}

/** The score, in tenths of `scale`, at this utilization: straight lines between the points, flat outside of them. */
export function shapeScore(shape: readonly ShapePoint[], utilization: number, scale: number): number {
  const factor = scale / 10;
  for (let index = 0; index < shape.length; index++) {
    const point = shape[index] as ShapePoint;
    if (utilization > point.utilization) continue;
    const before = shape[index - 1];
    if (before === undefined) return point.score * factor;
    const rise = (point.score - before.score) * factor * (utilization - before.utilization);
    return before.score * factor + Math.trunc(rise / (point.utilization - before.utilization));
  }
  return (shape.at(-1)?.score ?? 0) * factor;
}
