/**
 * What kind of app a source is: one for buildpacks, its own Dockerfile, or a language. Pure: a tree in, a plan out.
 * The plan's explanation tells the user in one line what was found.
 */

import { herokuLanguage } from "../../model/kinds/nagi/buildpack-url.ts";
import { buildpacksFile, wantedBuildpacks, type WantedBuildpacks } from "./buildpacks/wanted-buildpacks.ts";
import { languages } from "./languages/languages.ts";
import type { Language } from "./languages/language.ts";
import type { BuildPlan, Detection, Refusal } from "./plan.ts";
import { manifestPath } from "./app-json.ts";
import { environmentFile } from "./s2i/environment.ts";
import { ignoreFile } from "./s2i/ignore-file.ts";
import { parseProcfile } from "./procfile.ts";
import type { SourceTree } from "./source-tree.ts";

export interface Wanted {
  /** Build from this Dockerfile whatever else is there. */
  readonly dockerfilePath?: string | undefined;
  /** A Dockerfile is meant, so that no buildpacks are looked for. */
  readonly isDockerfile?: boolean | undefined;
  /** Build as this language whatever else is there; `dockerfile` for the source's own. */
  readonly language?: string | undefined;
  /** What said so, for the error when the source is not of it. */
  readonly saidBy?: string | undefined;
  /** The app's own buildpacks; none at all is a word too. */
  readonly buildpacks?: readonly string[] | undefined;
}

/** What was recognised; planning a language wants to know its platform's versions. */
export type Recognised =
  | { readonly ok: true; readonly plan: BuildPlan }
  | { readonly ok: true; readonly language: Language; readonly plan?: undefined; readonly note?: string }
  | { readonly ok: true; readonly buildpacks: WantedBuildpacks; readonly processes: Processes }
  | Refusal;

type Processes = Readonly<Record<string, string>>;

const dockerfileNames = ["Containerfile", "Dockerfile"] as const;

/** The files that detection reads, besides a Dockerfile that the build names. */
export function isRead(path: string): boolean {
  return (
    path === "Procfile" ||
    path === buildpacksFile ||
    path === environmentFile ||
    path === ignoreFile ||
    path === manifestPath ||
    dockerfileNames.some((name) => name === path) ||
    languages.some((language) => language.reads(path))
  );
}

export function recognise(tree: SourceTree, wanted: Wanted = {}): Recognised {
  const { dockerfilePath } = wanted;
  if (dockerfilePath !== undefined && !tree.paths.has(dockerfilePath)) {
    const message = `the source has no ${dockerfilePath}, which the build names as its Dockerfile`;
    return { ok: false, message };
  }
  const { language: named, saidBy = "the build" } = wanted;
  const isDockerfile = dockerfilePath !== undefined || named === "dockerfile" || wanted.isDockerfile === true;
  const byBuildpacks = isDockerfile ? undefined : buildpacksOf(tree, wanted);
  if (byBuildpacks !== undefined) return byBuildpacks;
  if (named !== undefined && named !== "dockerfile") return namedLanguage(named, saidBy, tree);
  const path = dockerfilePath ?? dockerfileNames.find((name) => tree.paths.has(name));
  if (path !== undefined) return dockerfile(tree, path);
  if (named !== undefined) {
    const message = `${saidBy} says that it is built from a Dockerfile, but the source has no ${dockerfileNames.join(" or ")}`;
    return { ok: false, message };
  }
  const language = languages.find((each) => each.isIn(tree));
  return language === undefined ? { ok: false, message: unknownApp(tree) } : { ok: true, language };
}

/** The plan of a language's app. */
export function planLanguage(
  language: Language,
  tree: SourceTree,
  versions: Readonly<Record<string, string>>,
): Detection {
  const procfile = processesOf(tree);
  if (!procfile.ok) return procfile;
  const { release, ...served } = procfile.processes;
  if (release === undefined || Object.keys(served).length > 0)
    return language.plan({ tree, versions, processes: procfile.processes });
  // A release phase alone says nothing of how the app is started.
  const detection = language.plan({ tree, versions, processes: {} });
  if (!detection.ok) return detection;
  const { plan } = detection;
  return { ok: true, plan: { ...plan, processes: { ...plan.processes, release } } };
}

/** Heroku's own buildpack for a language that Nagi builds itself is that language. */
function buildpacksOf(tree: SourceTree, { buildpacks }: Wanted): Recognised | undefined {
  const found = wantedBuildpacks(tree, buildpacks);
  if (!found.ok) return found;
  if (found.wanted === undefined) return undefined;
  const { urls, from } = found.wanted;
  const language = urls.length === 1 ? herokuLanguage(urls[0] ?? "") : undefined;
  if (language !== undefined) {
    const recognised = namedLanguage(language, `${urls[0]} of ${from}`, tree);
    return "language" in recognised
      ? { ...recognised, note: `${urls[0]}, which ${from} names: Nagi builds such apps itself` }
      : recognised;
  }
  const procfile = processesOf(tree);
  return procfile.ok ? { ok: true, buildpacks: found.wanted, processes: procfile.processes } : procfile;
}

function namedLanguage(name: string, saidBy: string, tree: SourceTree): Recognised {
  const language = languages.find((each) => each.name === name);
  if (language === undefined) {
    const names = languages.map((each) => each.name).join(", ");
    return { ok: false, message: `there is no language ${name}: there are ${names}` };
  }
  if (language.isIn(tree)) return { ok: true, language };
  const signs = language.signs.join(", ");
  return { ok: false, message: `${saidBy} is for ${name}, but the source has none of ${signs}` };
}

function dockerfile(tree: SourceTree, path: string): Recognised {
  const procfile = processesOf(tree);
  if (!procfile.ok) return procfile;
  const { processes } = procfile;
  const types = Object.keys(processes);
  const from = types.length === 0 ? "" : `, Procfile with ${types.join(", ")}`;
  const explanation = `Container image from ${path}${from}`;
  const plan = { strategy: "dockerfile", explanation, dockerfilePath: path, processes, runsSteps: true };
  return { ok: true, plan };
}

function processesOf(tree: SourceTree): { readonly ok: true; readonly processes: Processes } | Refusal {
  const text = tree.text("Procfile");
  return text === undefined ? { ok: true, processes: {} } : parseProcfile(text);
}

function unknownApp(tree: SourceTree): string {
  if (tree.paths.size === 0) return "the source has no files: commit something first";
  const looked = [...dockerfileNames, ...languages.flatMap(({ signs }) => signs)];
  const listed = `${looked.slice(0, -1).join(", ")} and ${looked.at(-1)}`;
  return `cannot tell what kind of app this is: looked for ${listed} in the root of the source; add one of them.`;
}
