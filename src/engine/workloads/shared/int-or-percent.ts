/** `maxSurge: 1` or `maxSurge: 25%`: a number, or a share of a total. */

/** Whether the text is a percentage that `resolveIntOrPercent` understands. */
const percent = /^(\d+)%$/;

export function resolveIntOrPercent(value: number | string, total: number, rounding: "up" | "down"): number {
  if (typeof value === "number") return value;
  const share = percent.exec(value)?.[1];
  if (share === undefined)
    throw new Error(`cannot read ${JSON.stringify(value)} as a number or a percentage`);
  const exact = (Number(share) * total) / 100;
  return rounding === "up" ? Math.ceil(exact) : Math.floor(exact);
}
