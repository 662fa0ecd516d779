/** The process types that a command is about, and the numbers that their pods go by. */

import { processLabel } from "../model/kinds/nagi/app/app-names.ts";
import type { Pod } from "../model/kinds/core/pod/pod.ts";
import type { App } from "../model/kinds/nagi/app/app.ts";
import { UsageError } from "./command.ts";

/** What the app's release has; before there is one, what its spec says. */
export function typesOf({ spec, status }: App): string[] {
  const released = Object.keys(status?.processes ?? {});
  return released.length > 0 ? released : Object.keys(spec?.processes ?? {});
}

/** Nothing to choose from yet: any name may become a type. */
export function checkTypes(found: App, wanted: readonly string[]): void {
  const known = typesOf(found);
  const unknown = wanted.find((type) => known.length > 0 && !known.includes(type));
  if (unknown !== undefined)
    throw new UsageError(
      `app ${found.metadata.name} has no process type ${JSON.stringify(unknown)}`,
      `It has: ${known.join(", ")}. They come from the Procfile.`,
    );
}

/** Those of the arguments, or all. */
export function chosenTypes(found: App, wanted: readonly string[]): readonly string[] {
  checkTypes(found, wanted);
  const types = wanted.length > 0 ? wanted : typesOf(found);
  if (types.length > 0) return types;
  throw new UsageError(
    `app ${found.metadata.name} has no process types yet`,
    "They come with its first release: git push nagi main",
  );
}

/** `web.1` for the oldest pod of web that is there, by the pod's name. */
export function instanceNames(pods: readonly Pick<Pod, "metadata">[]): Map<string, string> {
  const counts = new Map<string, number>();
  const ordered = pods
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  return new Map(
    ordered.map(({ metadata }) => {
      const type = metadata.labels?.[processLabel] ?? "";
      const count = (counts.get(type) ?? 0) + 1;
      counts.set(type, count);
      return [metadata.name ?? "", `${type}.${count}`];
    }),
  );
}

function orderOf({ metadata }: Pick<Pod, "metadata">): string {
  return `${metadata.creationTimestamp ?? ""} ${metadata.name}`;
}
