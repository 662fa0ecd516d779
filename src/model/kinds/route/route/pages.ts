/**
 * Pages that the router shows in an app's place: a ConfigMap with the label `nagi.dev/pages`, whose value is the app, with
 * entries like `503.html`. Those of the platform's own namespace hold for apps without one. Pure.
 */

import { invalid, type FieldError } from "../../../field-error.ts";
import type { KubeObject } from "../../../meta.ts";

export const pagesLabel = "nagi.dev/pages";
/** Answers must fit into a buffer of HAProxy (16 KiB) with their head. */
export const pageMaxBytes = 14 * 1024;

/** Answers of the router's own; what an app answers is never replaced. */
export const pageNames = ["502", "503", "504", "maintenance"] as const;
/** Of hosts that nobody has: the platform's only. */
export const unknownHostPage = "404";

export type PageName = (typeof pageNames)[number] | typeof unknownHostPage;

export type Pages = Partial<Readonly<Record<PageName, string>>>;

interface PagesObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>> | undefined;
}

const all: readonly PageName[] = [...pageNames, unknownHostPage];

export function pageKey(name: PageName): string {
  return `${name}.html`;
}

/** Undefined when it can be shown. */
export function checkPage(text: string): string | undefined {
  const bytes = Buffer.byteLength(text);
  if (bytes === 0) return "must not be empty";
  if (bytes > pageMaxBytes)
    return `must be no more than ${pageMaxBytes} bytes, and has ${bytes}: link large images, do not embed them`;
  return text.includes("\0") ? "must be text, and holds a zero byte" : undefined;
}

/** Those that can be shown. */
export function pagesIn({ data = {} }: PagesObject): Pages {
  const found = all.flatMap((name) => {
    const text = data[pageKey(name)];
    return text === undefined || checkPage(text) !== undefined ? [] : [[name, text] as const];
  });
  return Object.fromEntries(found);
}

export function pagesErrors(object: PagesObject): FieldError[] {
  if (object.metadata.labels?.[pagesLabel] === undefined) return [];
  return Object.entries(object.data ?? {}).flatMap(([key, text]) => {
    const path = `data[${key}]`;
    if (!all.some((name) => pageKey(name) === key))
      return [
        invalid(
          path,
          key,
          `must be one of ${all.map(pageKey).join(", ")}, since the label ${pagesLabel} is set`,
        ),
      ];
    const problem = checkPage(text);
    return problem === undefined ? [] : [invalid(path, `${text.slice(0, 40)}...`, problem)];
  });
}
