/** An app that Heroku-style buildpacks build, as a Containerfile. Pure; see platforms/buildpacks for what runs there. */

import { shownGitUrl } from "../../../lib/git/git-url.ts";
import { placeOfBuildpack } from "../../../model/kinds/nagi/buildpack-url.ts";
import { buildSecrets, copySources, linesOf, shellQuote, startLines, step } from "../containerfile.ts";
import type { FailureSign } from "../failure.ts";
import type { BuildPlan } from "../plan.ts";
import type { FetchedBuildpack } from "./fetch-buildpack.ts";
import type { WantedBuildpacks } from "./wanted-buildpacks.ts";

/** Platform that such apps are built and run on. */
export const buildpacksPlatform = "buildpacks";
const launcher = ["/usr/local/bin/nagi-start"];
const workDir = "/tmp/buildpacks";

/** As nagi-buildpacks writes them. */
const failureSigns: readonly FailureSign[] = [[/^ ! {5}(buildpack \d+ of \d+ .*)$/, "$1"]];

export interface BuildpackInput {
  readonly wanted: WantedBuildpacks;
  /** By their names; absent for directories of the source. */
  readonly fetched: ReadonlyMap<string, FetchedBuildpack>;
  /** Of the Procfile; empty without one. */
  readonly processes: Readonly<Record<string, string>>;
  /** Config vars of the app, in base64. */
  readonly config: Readonly<Record<string, string>>;
  /** Commit, or what else tells one state of the source from another. */
  readonly sourceVersion: string;
  /** Of this build. */
  readonly requestId: string;
}

export function planBuildpacks(input: BuildpackInput): BuildPlan {
  const { wanted, processes, fetched, config } = input;
  const names = wanted.urls.map(shownGitUrl);
  const listed = names.length === 1 ? `buildpack ${names[0]}` : `buildpacks ${names.join(", ")}`;
  const types = Object.keys(processes);
  const started = types.length === 0 ? "" : `; Procfile with ${types.join(", ")}`;
  return {
    strategy: "buildpacks",
    explanation: `Heroku-style ${listed}, because ${wanted.from} says so${started}`,
    processes,
    launcher,
    // A buildpack runs at each build, as it may fetch what is newest; its cache is its own.
    runsSteps: true,
    isOneLayer: true,
    writesHeadings: true,
    failureSigns,
    secrets: { [buildSecrets.config]: configLines(config) },
    folders: wanted.urls.flatMap((url, index) => {
      const pack = fetched.get(url);
      return pack === undefined ? [] : [{ name: `buildpacks/${index + 1}`, ...pack }];
    }),
    containerfile: ({ base, cacheId }) => {
      const packs = wanted.urls.map((url, index) => ({ url, folder: `${workDir}/${index + 1}`, index }));
      const words = packs.flatMap(({ folder, url }) => [folder, shellQuote(shownGitUrl(url))]);
      return linesOf(
        `FROM ${base}`,
        ...packs.map(({ url, folder, index }) => copyBuildpack(url, index, folder)),
        copySources("", "/app/"),
        step({
          command: `nagi-buildpacks ${words.join(" ")}`,
          cacheId: `${cacheId}.buildpacks`,
          environment: { SOURCE_VERSION: shellQuote(input.sourceVersion), REQUEST_ID: input.requestId },
          secrets: [buildSecrets.config],
        }),
        ...startLines(processes),
      );
    },
  };
}

function copyBuildpack(url: string, index: number, to: string): string {
  const place = placeOfBuildpack(url);
  if ("problem" in place || place.kind !== "directory")
    return `COPY --chown=1000:1000 buildpacks/${index + 1}/ ${to}/`;
  return copySources(place.path, `${to}/`);
}

function configLines(config: BuildpackInput["config"]): string {
  return Object.entries(config)
    .map(([name, value]) => `${name} ${value}\n`)
    .join("");
}
