/** The ports of the machine that routes of TCP can have. Pure. */

import type { PortRange } from "../platform/routes/tcp/tcp-ports.ts";

const noPorts = "none";
/** More could not be looked through when one is chosen. */
const rangeMaxPorts = 1000;

/** Undefined for "none". */
export function parsePortRange(text: string): PortRange | undefined {
  const [, first = "", last = ""] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
  return text === noPorts ? undefined : { first: Number(first), last: Number(last) };
}

export function checkPortRange(text: string): string | undefined {
  if (text === noPorts) return undefined;
  const { first, last } = parsePortRange(text) ?? { first: 0, last: 0 };
  const isRange = first >= 1 && first <= last && last <= 65_535 && last - first < rangeMaxPorts;
  return isRange
    ? undefined
    : `must be a range of no more than ${rangeMaxPorts} ports like 20000-20099, or ${noPorts}`;
}
