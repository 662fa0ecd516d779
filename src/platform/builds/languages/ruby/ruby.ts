/** Ruby: a Gemfile or config.ru; Rails and whatever speaks Rack, served by Puma. */

import semver from "semver";
import { cacheDir, singleStage, type Step } from "../../containerfile.ts";
import type { FailureSign } from "../../failure.ts";
import type { ContainerfileOptions } from "../../plan.ts";
import type { SourceTree } from "../../source-tree.ts";
import { aptPackages } from "../aptfile.ts";
import { notKnownYet, readsNames, type Language, type LanguageInput } from "../language.ts";

const failureSigns: readonly FailureSign[] = [
  [
    /(?:Could not reach host|Could not fetch specs|Network error while fetching|Net::OpenTimeout|Failed to open TCP connection|Could not verify the SSL certificate)/,
    "the registry of gems cannot be reached: run `bundle cache` and commit vendor/cache, take Debian's packages by an Aptfile (ruby-sinatra), or tell the platform a mirror (BUNDLE_MIRROR__ALL in build.env)",
  ],
  [
    /(?:deployment mode|frozen).*|The gemspecs for path gems changed|lockfile.*can't be updated/,
    "the lockfile does not fit the Gemfile: run `bundle install` and commit Gemfile.lock",
  ],
  [
    /Could not find gem '([^']+)'|Could not find ([\w-]+-[\d.]+) in/,
    "there is no gem $1: check the Gemfile; with vendor/cache, `bundle cache` brings all of them",
  ],
  [
    /Your Ruby version is [\d.]+, but your Gemfile specified (\S+)/,
    "the Gemfile asks for Ruby $1, which is not the platform's: change it, or add a Dockerfile",
  ],
  [
    /(?:mkmf\.rb can't find header files|You have to install development tools|Failed to build gem native extension)/,
    "a gem has to be compiled, and there is no compiler: add build-essential and ruby-dev to a file Aptfile",
  ],
  [/cannot load such file -- (\S+)/, "the Ruby library $1 is missing: add its gem to the Gemfile"],
];

export const ruby: Language = {
  name: "ruby",
  signs: ["Gemfile", "config.ru"],
  reads: readsNames("Gemfile", "Gemfile.lock", ".ruby-version", "Aptfile"),
  isIn: ({ paths }) => paths.has("Gemfile") || paths.has("config.ru"),
  plan(input) {
    const { tree } = input;
    const apt = aptPackages(tree);
    if (!apt.ok) return apt;
    const version = versionText(tree, input.versions["ruby"] ?? "");
    if (!version.ok) return version;
    const started = startedBy(input);
    if (!started.ok) return started;
    const gemfile = tree.paths.has("Gemfile");
    const locked = tree.paths.has("Gemfile.lock");
    const cached = [...tree.paths].filter((path) => path.startsWith("vendor/cache/"));
    const parts: Parts = {
      processes: started.processes,
      packages: apt.packages,
      gemfile,
      locked,
      cached: cached.length > 0,
      precompiles: isRails(tree) && [...tree.paths].some((path) => path.startsWith("app/assets/")),
      manifests: ["Gemfile", "Gemfile.lock", ".ruby-version", ...cached].filter((path) =>
        tree.paths.has(path),
      ),
    };
    const found = gemfile ? `Gemfile${locked ? " with Gemfile.lock" : ""}` : "config.ru";
    const vendored = parts.cached ? " and the gems in vendor/cache/" : "";
    return {
      ok: true,
      plan: {
        strategy: "ruby",
        explanation: `Ruby app: ${found}${vendored}; ${version.text}; ${started.from}`,
        processes: parts.processes,
        manifests: gemfile ? parts.manifests : [],
        leftOut: [".gems", "vendor/bundle"],
        runsSteps: gemfile || parts.packages.length > 0,
        failureSigns,
        containerfile: (options) => rubyContainerfile(parts, options),
      },
    };
  },
};

interface Parts {
  readonly processes: Readonly<Record<string, string>>;
  readonly packages: readonly string[];
  readonly gemfile: boolean;
  readonly locked: boolean;
  readonly cached: boolean;
  readonly precompiles: boolean;
  readonly manifests: readonly string[];
}

const precompile: Step = {
  command: "SECRET_KEY_BASE_DUMMY=1 SECRET_KEY_BASE=build bundle exec rake assets:precompile",
};

function rubyContainerfile(parts: Parts, { base, cacheId }: ContainerfileOptions): string {
  const environment = {
    BUNDLE_USER_CACHE: cacheDir,
    BUNDLE_USER_HOME: "/tmp/bundle",
    // What is locked is what runs; else the lockfile would be written anew.
    ...(parts.locked ? { BUNDLE_FROZEN: "true" } : {}),
  };
  const install = `bundle install --quiet${parts.cached ? " --local" : ""}`;
  // What Debian or the cache has needs no index. A check says yes to a lockfile that does not fit.
  const command = parts.locked ? install : `{ bundle check >/dev/null || ${install}; }`;
  return singleStage({
    base,
    packages: parts.packages,
    manifests: parts.gemfile,
    install: parts.gemfile ? { command, cacheId: `${cacheId}.gems`, environment } : undefined,
    processes: parts.processes,
    finish: parts.precompiles ? precompile : undefined,
  });
}

type Started =
  | { readonly ok: true; readonly processes: Readonly<Record<string, string>>; readonly from: string }
  | { readonly ok: false; readonly message: string };

function startedBy({ tree, processes }: LanguageInput): Started {
  const types = Object.keys(processes);
  if (types.length > 0) return { ok: true, processes, from: `Procfile with ${types.join(", ")}` };
  const bundled = /\bpuma\b/.test(`${tree.text("Gemfile") ?? ""}\n${tree.text("Gemfile.lock") ?? ""}`);
  const puma = bundled ? "bundle exec puma" : "puma";
  const configured = tree.paths.has("config/puma.rb") ? "-C config/puma.rb" : "-b tcp://0.0.0.0:$PORT";
  if (isRails(tree)) return { ok: true, processes: { web: `${puma} ${configured}` }, from: "Rails on Puma" };
  if (tree.paths.has("config.ru")) {
    return { ok: true, processes: { web: `${puma} ${configured} config.ru` }, from: "config.ru on Puma" };
  }
  const script = ["app.rb", "main.rb", "server.rb"].find((path) => tree.paths.has(path));
  const run = tree.paths.has("Gemfile") ? "bundle exec ruby" : "ruby";
  if (script !== undefined) return { ok: true, processes: { web: `${run} ${script}` }, from: script };
  const message =
    "cannot tell how to start this Ruby app: add a config.ru, or a Procfile with for instance `web: bundle exec puma -b tcp://0.0.0.0:$PORT`";
  return { ok: false, message };
}

function isRails(tree: SourceTree): boolean {
  return tree.paths.has("config/application.rb") && tree.paths.has("config.ru");
}

type VersionResult =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly message: string };

function versionText(tree: SourceTree, platformVersion: string): VersionResult {
  const inGemfile = /^\s*ruby\s+["']([^"']+)["']/m.exec(tree.text("Gemfile") ?? "")?.[1];
  const inFile = tree
    .text(".ruby-version")
    ?.trim()
    .replace(/^ruby-/, "");
  const given = inGemfile ?? inFile;
  if (given === undefined || given === "") return { ok: true, text: `Ruby ${platformVersion}` };
  const where = inGemfile === undefined ? ".ruby-version" : "Gemfile";
  if (platformVersion === "")
    return { ok: true, text: `Ruby (${where} ${JSON.stringify(given)}, ${notKnownYet})` };
  const range = given.startsWith("~> ") ? pessimistic(given.slice(3)) : given;
  if (semver.validRange(range) !== null && semver.satisfies(platformVersion, range)) {
    return { ok: true, text: `Ruby ${platformVersion} (${where} ${JSON.stringify(given)})` };
  }
  const message = `${where} asks for Ruby ${JSON.stringify(given)}, and the platform has ${platformVersion}: change it, use a platform with that version (\`nagi platforms\`), or add a Dockerfile`;
  return { ok: false, message };
}

/** `~> 3.1` is any 3 from 3.1 on, `~> 3.1.0` any 3.1. */
function pessimistic(version: string): string {
  return version.split(".").length > 2 ? `~${version}` : `^${version}`;
}
