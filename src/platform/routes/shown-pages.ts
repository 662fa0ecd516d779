/** The pages that the router shows of its own: which file for which answer of which app. Pure. */

import type { ConfigMap } from "../../model/kinds/core/configmap/configmap.ts";
import { pagesIn, pagesLabel, type PageName, type Pages } from "../../model/kinds/route/route/pages.ts";
import { digestOf } from "./tls/certificate-store.ts";

export const pagesDir = "pages";
const systemNamespace = "nagi-system";
export const html = 'content-type "text/html; charset=utf-8"';

/** A page's file, whose name says what is in it: a change is another file. */
export type PageFiles = Partial<Readonly<Record<PageName, string>>>;

export class ShownPages {
  /** Of apps without one. */
  readonly common: PageFiles;
  /** Content by file. */
  readonly files = new Map<string, string>();
  readonly #apps = new Map<string, PageFiles>();

  constructor(objects: readonly ConfigMap[]) {
    let common: PageFiles = {};
    const byAge = objects.toSorted((a, b) => (ageOf(a) < ageOf(b) ? -1 : 1));
    for (const object of byAge) {
      const { namespace = "", labels = {} } = object.metadata;
      const pages = this.#kept(pagesIn(object));
      const key = `${namespace}/${labels[pagesLabel] ?? ""}`;
      // Of several of one app the oldest holds.
      if (namespace === systemNamespace) common = { ...pages, ...common };
      else this.#apps.set(key, { ...pages, ...this.#apps.get(key) });
    }
    this.common = common;
  }

  /** Its own only. */
  ownOf(namespace: string, app: string): PageFiles {
    return this.#apps.get(`${namespace}/${app}`) ?? {};
  }

  /** Files of all that may be shown in an app's place: which one is, is told without a reload. */
  get maintenance(): readonly string[] {
    const all = [this.common, ...this.#apps.values()].flatMap((pages) => pages.maintenance ?? []);
    return [...new Set(all)].toSorted();
  }

  #kept(pages: Pages): PageFiles {
    return Object.fromEntries(
      Object.entries(pages).map(([name, text]) => {
        const file = `${pagesDir}/${digestOf(text)}.html`;
        this.files.set(file, text);
        return [name, file];
      }),
    );
  }
}

/** What the router says when an app does not answer, as lines of a section. */
export function errorPageLines(pages: PageFiles): readonly string[] {
  return (["502", "503", "504"] as const).flatMap((status) => {
    const file = pages[status];
    return file === undefined ? [] : [`http-error status ${status} ${html} file ${file}`];
  });
}

function ageOf({ metadata }: ConfigMap): string {
  return `${metadata.creationTimestamp ?? ""} ${metadata.namespace}/${metadata.name}`;
}
