/** Sites of plain files: index.html at the root, in public/, or where static.json says. */

import type { SourceTree } from "../../source-tree.ts";

interface StaticJson {
  readonly root?: string | undefined;
  readonly fallback?: string | undefined;
}

export interface StaticPlan {
  readonly explanation: string;
  /** Directory of the source that is served; "" is all of it. */
  readonly root: string;
  /** Path below the root that answers for what does not exist; for apps that route in the browser. */
  readonly fallback?: string | undefined;
}

type StaticDetection =
  | { readonly ok: true; readonly plan: StaticPlan }
  | { readonly ok: false; readonly message: string };

/** Undefined when it is no static site. */
export function detectStatic(tree: SourceTree): StaticDetection | undefined {
  const config = readStaticJson(tree.text("static.json"));
  if ("message" in config) return { ok: false, message: config.message };
  const root =
    config.root ?? ["", "public"].find((directory) => tree.paths.has(within(directory, "index.html")));
  if (root === undefined) return undefined;
  const index = within(root, "index.html");
  if (!tree.paths.has(index))
    return { ok: false, message: `static.json: there is no ${index} in the source` };
  const { fallback } = config;
  const routed = fallback === undefined ? "" : `, everything else answered by ${fallback}`;
  const explanation = `Static site: ${index}${routed}`;
  return { ok: true, plan: { explanation, root, fallback } };
}

function within(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}

/** Heroku's static.json, of which `root` and a route of everything are understood. */
function readStaticJson(text: string | undefined): StaticJson | { readonly message: string } {
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { message: `static.json: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { message: "static.json: must be an object" };
  }
  const { root, routes } = value as { root?: unknown; routes?: unknown };
  if (root !== undefined && (typeof root !== "string" || !/^[\w./-]+$/.test(root) || root.includes(".."))) {
    return { message: 'static.json: root must be a directory of the source, for instance "dist"' };
  }
  return {
    root: root?.replace(/^\.?\/+|\/+$/g, "").replace(/^\.$/, ""),
    fallback: fallbackOf(routes),
  };
}

function fallbackOf(routes: unknown): string | undefined {
  if (typeof routes !== "object" || routes === null) return undefined;
  const target = (routes as Record<string, unknown>)["/**"];
  if (typeof target !== "string" || !/^[\w./-]+$/.test(target)) return undefined;
  return target.replace(/^\/+/, "");
}
