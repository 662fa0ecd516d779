/** A plugin of which only some extension points count, because the configuration turned the others off. */

import type { Plugin } from "../framework/plugin.ts";

/** The extension points of kube-scheduler's configuration that a plugin of ours can have. */
export const pluginPoints = [
  "preFilter",
  "filter",
  "postFilter",
  "preScore",
  "score",
  "reserve",
  "permit",
  "preBind",
] as const;
export type PluginPoint = (typeof pluginPoints)[number];

/** What goes when a point is off. What is not named here stays. */
const membersOf: Readonly<Record<PluginPoint, readonly (keyof Plugin)[]>> = {
  preFilter: [],
  filter: ["preFilter", "filter", "marks", "reasons", "resolvable", "hint"],
  postFilter: ["postFilter"],
  preScore: [],
  score: ["preScore", "scoreMarks", "survey", "score", "normalize"],
  reserve: ["reserve", "unreserve"],
  permit: ["permit"],
  preBind: ["needsPreBind", "preBind"],
};

export function hasPoint(plugin: Plugin, point: PluginPoint): boolean {
  return plugin[point] !== undefined;
}

/** The plugin itself when nothing of it is off. `preFilter` goes with `filter`, `preScore` with `score`. */
export function withPoints(plugin: Plugin, on: ReadonlySet<PluginPoint>): Plugin {
  const off = pluginPoints.filter((point) => !on.has(point) && hasPoint(plugin, point));
  const removed = new Set<string>(off.flatMap((point) => membersOf[point]));
  if (removed.size === 0) return plugin;
  const view: Record<string, unknown> = {};
  for (const name of memberNames(plugin)) {
    if (removed.has(name)) continue;
    const member: unknown = Reflect.get(plugin, name);
    view[name] = typeof member === "function" ? member.bind(plugin) : member;
  }
  return view as unknown as Plugin;
}

/** Also those of the class that the plugin may be an instance of. */
function memberNames(plugin: object): ReadonlySet<string> {
  const names = new Set<string>();
  for (let part = plugin; part !== Object.prototype && part !== null; part = Object.getPrototypeOf(part)) {
    for (const name of Object.getOwnPropertyNames(part)) if (name !== "constructor") names.add(name);
  }
  return names;
}
