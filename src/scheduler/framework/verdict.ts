/**
 * The answer of the filters for one node, as one number: FITS, NO_NODE for a row without a node, or the place of
 * the plugin that said no together with 24 bits that only this plugin understands. An expected "no" is a value,
 * never an error; its text is made when somebody asks.
 */

export type Verdict = number;

export const FITS: Verdict = 0;
export const NO_NODE: Verdict = -1;

/** Largest detail that a filter may answer with; 0 means that the node fits. */
export const MAX_DETAIL = 0xff_ffff;

export function rejection(plugin: number, detail: number): Verdict {
  return ((plugin + 1) << 24) | (detail & MAX_DETAIL);
}

export function pluginOf(verdict: Verdict): number {
  return (verdict >>> 24) - 1;
}

export function detailOf(verdict: Verdict): number {
  return verdict & MAX_DETAIL;
}
