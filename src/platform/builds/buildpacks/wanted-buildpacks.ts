/** Which buildpacks build a source, and who says so. Pure. */

import { shownGitUrl } from "../../../lib/git/git-url.ts";
import { placeOfBuildpack } from "../../../model/kinds/nagi/buildpack-url.ts";
import { manifestPath, readManifest } from "../app-json.ts";
import type { Refusal } from "../plan.ts";
import type { SourceTree } from "../source-tree.ts";

export const buildpacksFile = ".buildpacks";
const maxBuildpacks = 20;

export interface WantedBuildpacks {
  /** As they are named, in their order. */
  readonly urls: readonly string[];
  /** What names them, in words. */
  readonly from: string;
}

/**
 * The app's own list, else the source's `.buildpacks`, else its app.json; none of them: undefined. An app whose list was
 * emptied has said no to app.json.
 */
export function wantedBuildpacks(
  tree: SourceTree,
  own: readonly string[] | undefined,
): { readonly ok: true; readonly wanted: WantedBuildpacks | undefined } | Refusal {
  const wanted = chosen(tree, own);
  if (wanted === undefined) return { ok: true, wanted };
  const { urls, from } = wanted;
  if (urls.length > maxBuildpacks)
    return { ok: false, message: `${from}: more than ${maxBuildpacks} buildpacks` };
  for (const url of urls) {
    const place = placeOfBuildpack(url);
    const shown = shownGitUrl(url);
    if ("problem" in place)
      return { ok: false, message: `${from}: the buildpack ${JSON.stringify(shown)} ${place.problem}` };
    if (place.kind === "directory" && !tree.paths.has(`${place.path}/bin/compile`))
      return { ok: false, message: `${from}: ${noDirectory(tree, shown, place.path)}` };
  }
  return { ok: true, wanted };
}

function chosen(tree: SourceTree, own: readonly string[] | undefined): WantedBuildpacks | undefined {
  if (own !== undefined && own.length > 0) return { urls: own, from: "the app" };
  const listed = (tree.text(buildpacksFile) ?? "")
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  if (listed.length > 0) return { urls: listed, from: buildpacksFile };
  const text = tree.text(manifestPath);
  if (own !== undefined || text === undefined) return undefined;
  const read = readManifest(text);
  // What is wrong with it is told where it is read for all that it wants.
  const { buildpacks = [] } = read.ok ? read.manifest : {};
  return buildpacks.length === 0 ? undefined : { urls: buildpacks.map(({ url }) => url), from: manifestPath };
}

function noDirectory(tree: SourceTree, shown: string, path: string): string {
  const isThere = [...tree.paths].some((each) => each.startsWith(`${path}/`));
  if (isThere) return `the directory ${shown} is no buildpack: it has no bin/compile`;
  const hint = "one of another place is named by the address of its git repository or archive";
  return `the source has no directory ${shown}, which is named as a buildpack; ${hint}`;
}
