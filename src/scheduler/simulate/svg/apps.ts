/** Which app a pod belongs to, and the colour of each: those with most pods have colours of their own. */

import { ownerOf } from "../../explain/suggest/owner.ts";
import type { PodObject } from "../../snapshot/objects.ts";

const appLabels = ["nagi.dev/app", "app.kubernetes.io/name", "app", "k8s-app"];

/** Told apart by hue and lightness, on white and on black. */
const palette = [
  "#4c78c8",
  "#e8862e",
  "#4fa35a",
  "#d65568",
  "#8c6bc4",
  "#2aa5a5",
  "#d9b23c",
  "#b3637f",
  "#7a8f3a",
  "#a9745a",
];
export const otherColour = "#8b8f98";

export function appOfPod(pod: PodObject): string {
  for (const name of appLabels) {
    const value = pod.metadata.labels?.[name];
    if (value !== undefined && value !== "") return value;
  }
  return ownerOf(pod)?.name ?? (pod.metadata.name ?? "").replace(/-sim-\d+$/, "");
}

export interface AppColour {
  readonly app: string;
  readonly colour: string;
  readonly pods: number;
}

export interface Colours {
  readonly listed: readonly AppColour[];
  /** How many apps share the last colour. */
  readonly others: { readonly apps: number; readonly pods: number };
  of(pod: PodObject): string;
}

export function coloursOf(pods: readonly PodObject[]): Colours {
  const counts = new Map<string, number>();
  for (const pod of pods) counts.set(appOfPod(pod), (counts.get(appOfPod(pod)) ?? 0) + 1);
  const ranked = [...counts].sort(([a, most], [b, least]) => least - most || (a < b ? -1 : 1));
  const listed = ranked
    .slice(0, palette.length)
    .map(([app, count], index) => ({ app, pods: count, colour: palette[index] ?? otherColour }));
  const byApp = new Map(listed.map(({ app, colour }) => [app, colour]));
  const rest = ranked.slice(palette.length);
  return {
    listed,
    others: { apps: rest.length, pods: rest.reduce((sum, [, count]) => sum + count, 0) },
    of: (pod) => byApp.get(appOfPod(pod)) ?? otherColour,
  };
}
