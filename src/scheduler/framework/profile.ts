/** Which plugins decide for the pods of one scheduler name, in which order, and with which weights. */

import { MAX_NODE_SCORE, type Plugin } from "./plugin.ts";

const MAX_PLUGINS = 120;
/** Keeps totals small enough for one bucket a score. */
const MAX_TOTAL_SCORE = 1_000_000;

export interface EnabledPlugin {
  readonly plugin: Plugin;
  /** Of its score; 0 leaves the score out. */
  readonly weight: number;
}

export interface Profile {
  readonly schedulerName: string;
  /** Filters run in this order and the first "no" counts: cheap and telling ones come first. */
  readonly plugins: readonly EnabledPlugin[];
  /** The largest score that a node can have. */
  readonly maxTotal: number;
  /** Whether a waiting pod can be held against one changed node alone. */
  readonly nodeLocal: boolean;
  /** Those whose answers depend on other nodes too. */
  readonly farSeeing: readonly Plugin[];
}

export function createProfile(schedulerName: string, plugins: readonly EnabledPlugin[]): Profile {
  if (plugins.length > MAX_PLUGINS) {
    throw new Error(
      `cannot make profile ${schedulerName}: ${plugins.length} plugins, allowed ${MAX_PLUGINS}`,
    );
  }
  const names = new Set<string>();
  let maxTotal = 0;
  for (const { plugin, weight } of plugins) {
    if (names.has(plugin.name)) {
      throw new Error(`cannot make profile ${schedulerName}: plugin ${plugin.name} is there twice`);
    }
    names.add(plugin.name);
    if (!Number.isInteger(weight) || weight < 0) {
      throw new Error(
        `cannot make profile ${schedulerName}: weight ${weight} of ${plugin.name} is no whole number`,
      );
    }
    if (plugin.score !== undefined) maxTotal += weight * MAX_NODE_SCORE;
  }
  if (maxTotal > MAX_TOTAL_SCORE) {
    throw new Error(
      `cannot make profile ${schedulerName}: the weights add up to ${maxTotal / MAX_NODE_SCORE}, allowed ${MAX_TOTAL_SCORE / MAX_NODE_SCORE}`,
    );
  }
  const filters = plugins.filter(({ plugin }) => plugin.filter !== undefined);
  return {
    schedulerName,
    plugins,
    maxTotal,
    nodeLocal: filters.every(({ plugin }) => plugin.nodeLocal === true),
    farSeeing: plugins.flatMap(({ plugin }) => (plugin.version === undefined ? [] : [plugin])),
  };
}
