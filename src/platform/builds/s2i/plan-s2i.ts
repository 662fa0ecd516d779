/**
 * A source-to-image build as a Containerfile, the one that `s2i build --as-dockerfile` would write where it has one to
 * write, with hooks around assemble. Pure.
 */

import { copySources, linesOf, shellQuote, startLines, step } from "../containerfile.ts";
import type { FailureSign } from "../failure.ts";
import type { BuildPlan } from "../plan.ts";
import type { SourceTree } from "../source-tree.ts";
import { environmentFile, readEnvironment } from "./environment.ts";
import { ignoreFile, readIgnoreFile } from "./ignore-file.ts";
import { scriptNames, type Builder } from "./builder.ts";

/** The source's own scripts, instead of the builder's and around them. */
const scriptsDir = ".s2i/bin";
const hookNames = ["pre-assemble", "post-assemble"] as const;
/** Of the context: what is mounted while a step runs and in no image. */
const helperDir = "s2i";
const fetchedDir = "s2i-scripts";
const mountedAt = "/run/nagi-s2i";

const failureSigns: readonly FailureSign[] = [[/^ ! {5}(source-to-image: .*)$/, "$1"]];

/** Says what it runs, and what went wrong. */
const stepScript = `#!/bin/sh
# step NAME WHOSE SCRIPT
echo "-----> $1 ($2)"
if [ ! -e "$3" ]; then
  echo " !     source-to-image: the image has no $3: it is no builder, or its label io.openshift.s2i.scripts-url is wrong"
  exit 127
fi
if [ ! -x "$3" ]; then
  echo " !     source-to-image: $1 ($2) cannot be executed. In its repository: git update-index --chmod=+x"
  exit 126
fi
"$3"
code=$?
[ $code -eq 0 ] || echo " !     source-to-image: $1 ($2) ended with exit status $code. What it wrote is above"
exit $code
`;

/** A build without what the last one saved is slower, and no other. */
const saveScript = `#!/bin/sh
# save SCRIPT
echo "-----> save-artifacts (the last image's)"
if [ ! -x "$1" ]; then
  echo "       it has no save-artifacts: nothing to begin with"
elif ! "$1" >/tmp/artifacts.tar; then
  echo " !     it failed, so this build begins with nothing"
else
  exit 0
fi
: >/tmp/artifacts.tar
`;

export interface S2iInput {
  readonly tree: SourceTree;
  readonly builder: Builder;
  /** Of the Procfile; empty without one. */
  readonly processes: Readonly<Record<string, string>>;
  /** Of the strategy, and of the build; the source's .s2i/environment is read here. */
  readonly env: readonly (readonly [name: string, value: string])[];
  readonly labels: Readonly<Record<string, string>>;
  /** The app's last image, of an incremental build. */
  readonly previous: string | undefined;
  /** Texts of the scripts that are at the builder's web address, by name. */
  readonly fetched?: ReadonlyMap<string, string> | undefined;
}

export type S2iPlan =
  | { readonly ok: true; readonly plan: BuildPlan }
  | { readonly ok: false; readonly message: string };

export function planS2i(input: S2iInput): S2iPlan {
  const { tree, builder, previous } = input;
  const environment = readEnvironment(tree.text(environmentFile) ?? "");
  if (!environment.ok) return environment;
  const ignored = readIgnoreFile(tree.text(ignoreFile) ?? "");
  if (!ignored.ok) return ignored;
  const own = [...tree.paths].flatMap((path) =>
    path.startsWith(`${scriptsDir}/`) ? [path.slice(scriptsDir.length + 1)] : [],
  );
  const hooks = hookNames.filter((name) => own.includes(name));
  const saysBuild = builder.scriptsFrom === "the build";
  const isOnWeb = builder.scriptsUrl !== undefined;
  // What the build itself says goes before the source, what the builder says after it.
  const takes = (name: string): boolean => own.includes(name) && (isOnWeb || !saysBuild);
  const fetched = scriptNames.filter(
    (name) => input.fetched?.has(name) === true && (saysBuild || !takes(name)),
  );
  const overrides = scriptNames.filter((name) => takes(name) && !fetched.includes(name));
  const missing = ["assemble", "run"].filter((name) => isOnWeb && input.fetched?.has(name) !== true);
  const facts = [
    `scripts of ${builder.scriptsFrom}: ${builder.scriptsUrl ?? builder.scripts}`,
    ...(missing.length === 0 ? [] : [`${missing.join(" and ")} not there, so of ${builder.scripts}`]),
    ...(overrides.length === 0 ? [] : [`of ${scriptsDir}: ${overrides.join(", ")}`]),
    ...(hooks.length === 0 ? [] : [`hooks ${hooks.join(", ")}`]),
    ...(tree.paths.has(ignoreFile) ? [`without what ${ignoreFile} names`] : []),
    ...(previous === undefined ? [] : [`begins with what ${previous} saves`]),
  ];
  const parts: Parts = {
    ...input,
    overrides,
    fetchedNames: fetched,
    hooks,
    environment: environment.variables,
  };
  return {
    ok: true,
    plan: {
      strategy: "s2i",
      explanation: `Source-to-image on ${builder.image}; ${facts.join("; ")}`,
      processes: processesOf(parts),
      // Scripts run at each build, as with OpenShift: what they fetch may be newer.
      runsSteps: true,
      isOneLayer: true,
      writesHeadings: true,
      ownPort: true,
      failureSigns,
      // The scripts are copied from the source, whatever it keeps from the builder.
      isIgnored: (path) => ignored.isIgnored(path) && !path.startsWith(`${scriptsDir}/`),
      files: {
        [`${helperDir}/step`]: stepScript,
        [`${helperDir}/save`]: saveScript,
        ...Object.fromEntries(
          fetched.map((name) => [`${fetchedDir}/${name}`, input.fetched?.get(name) ?? ""]),
        ),
      },
      containerfile: ({ base, runtime }) =>
        linesOf(...artifactLines(parts, runtime), ...imageLines(parts, base)),
    },
  };
}

interface Parts extends S2iInput {
  readonly overrides: readonly string[];
  readonly fetchedNames: readonly string[];
  readonly hooks: readonly string[];
  readonly environment: readonly (readonly [string, string])[];
}

function scriptPath({ builder, overrides, fetchedNames }: Parts, name: string): string {
  return [...overrides, ...fetchedNames].includes(name)
    ? `${builder.destination}/scripts/${name}`
    : `${builder.scripts}/${name}`;
}

/** Beside a Procfile's other types, web is what the builder runs. */
function processesOf(parts: Parts): Readonly<Record<string, string>> {
  const { processes } = parts;
  const served = Object.keys(processes).filter((name) => name !== "release");
  if (served.length === 0 || processes["web"] !== undefined) return processes;
  return { web: scriptPath(parts, "run"), ...processes };
}

function userOf(user: string): string {
  return user.split(":")[0] ?? user;
}

function copyScripts({ builder, overrides, fetchedNames, hooks }: Parts, user: string): string[] {
  const from = [
    ...(overrides.length + hooks.length === 0 ? [] : [`app/${scriptsDir}/`]),
    ...(fetchedNames.length === 0 ? [] : [`${fetchedDir}/`]),
  ];
  const to = `${builder.destination}/scripts/`;
  return from.map((folder) => `COPY --chown=${userOf(user)}:0 --chmod=0755 ${folder} ${to}`);
}

function helped(program: string, ...words: readonly string[]): string {
  const run = step({ command: [`${mountedAt}/${program}`, ...words.map(shellQuote)].join(" ") });
  return run.replace(/^RUN /, `RUN --mount=type=bind,source=${helperDir},target=${mountedAt} `);
}

/** A stage of the last image, which gives what the builder wants to find again. `id`: of that image. */
function artifactLines(parts: Parts, id: string): string[] {
  const { previous, builder } = parts;
  if (previous === undefined) return [];
  return [
    `FROM ${id} AS previous`,
    ...copyScripts(parts, builder.user),
    helped("save", scriptPath(parts, "save-artifacts")),
  ];
}

/** `base`: of the builder. */
function imageLines(parts: Parts, base: string): string[] {
  const { builder, hooks, overrides, previous, processes, labels, env, environment } = parts;
  const { destination, assembleUser: user } = builder;
  const variables = [...environment, ...env].map(([name, value]) => `ENV ${name}=${quoted(value)}`);
  const marks = Object.entries(labels).map(([name, value]) => `LABEL ${name}=${quoted(value)}`);
  const hook = (name: (typeof hookNames)[number]): string[] =>
    hooks.includes(name)
      ? [helped("step", name, "hook of the source", `${destination}/scripts/${name}`)]
      : [];
  const whose = overrides.includes("assemble")
    ? "the source's"
    : parts.fetchedNames.includes("assemble")
      ? `of ${builder.scriptsUrl}`
      : "the builder's";
  const run = scriptPath(parts, "run");
  return [
    `FROM ${base}`,
    ...variables,
    copySources("", `${destination}/src/`).replace(/--chown=\S+/, `--chown=${userOf(user)}:0`),
    ...copyScripts(parts, user),
    ...(previous === undefined ? [] : unpackLines(destination, user)),
    `USER ${user}`,
    ...hook("pre-assemble"),
    helped("step", "assemble", whose, scriptPath(parts, "assemble")),
    ...hook("post-assemble"),
    ...(builder.user === user ? [] : [`USER ${builder.user}`]),
    ...marks,
    ...(processes["web"] === undefined ? [`CMD ${JSON.stringify([run])}`] : []),
    ...startLines(processesOf(parts)).slice(processes["web"] === undefined ? -1 : 0),
  ];
}

function unpackLines(destination: string, user: string): string[] {
  const [file, folder] = [`${destination}/artifacts.tar`, `${destination}/artifacts`];
  const unpack = `if [ -s ${file} ]; then mkdir -p ${folder} && tar -xf ${file} -C ${folder} && chown -R ${userOf(user)}:0 ${folder}; fi; rm -f ${file}`;
  return [`COPY --from=previous /tmp/artifacts.tar ${file}`, "USER 0", `RUN ${unpack}`];
}

/** As a Containerfile has texts: what would begin a variable is none. */
function quoted(value: string): string {
  return `"${value.replaceAll(/["\\$]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}
