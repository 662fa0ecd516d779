/**
 * Frameworks of Node.js apps: what they leave behind when they are built, and how that is served. An app that
 * uses one needs neither Procfile nor start script.
 */

import type { SourceTree } from "../../source-tree.ts";
import type { PackageJson } from "./package-json.ts";

export interface Framework {
  readonly name: string;
  /** How web starts what was built. */
  readonly start?: string | undefined;
  /** Directory of plain files that is all there is to serve. */
  readonly site?: string | undefined;
  /** The file that answers for paths that are not there. */
  readonly fallback?: string | undefined;
  /** How it is built when package.json has no script for that. */
  readonly build?: string | undefined;
  /** Set while it is built. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Its start script is for development. */
  readonly ignoresStartScript?: boolean | undefined;
}

interface Knowledge {
  readonly tree: SourceTree;
  readonly manifest: PackageJson;
}

interface Known {
  readonly dependency: string;
  readonly describe: (known: Knowledge) => Framework | undefined;
}

const known: readonly Known[] = [
  {
    dependency: "next",
    describe: ({ tree }) =>
      configSays(tree, "next.config", /output:\s*["']export["']/)
        ? { name: "Next.js, exported", build: "next build", site: "out", ignoresStartScript: true }
        : { name: "Next.js", build: "next build", start: "next start --hostname 0.0.0.0 --port $PORT" },
  },
  {
    dependency: "nuxt",
    describe: () => ({ name: "Nuxt", build: "nuxt build", start: "node .output/server/index.mjs" }),
  },
  { dependency: "@sveltejs/kit", describe: ({ manifest }) => svelteKit(manifest) },
  {
    dependency: "astro",
    describe: ({ manifest }) =>
      "@astrojs/node" in manifest.dependencies
        ? { name: "Astro", build: "astro build", start: "HOST=0.0.0.0 node dist/server/entry.mjs" }
        : { name: "Astro", build: "astro build", site: "dist", ignoresStartScript: true },
  },
  {
    dependency: "@nestjs/core",
    describe: () => ({
      name: "NestJS",
      build: "nest build",
      start: "node dist/main.js",
      ignoresStartScript: true,
    }),
  },
  {
    dependency: "react-scripts",
    describe: () => ({
      name: "Create React App",
      build: "react-scripts build",
      site: "build",
      fallback: "index.html",
      ignoresStartScript: true,
    }),
  },
  {
    dependency: "vite",
    describe: ({ manifest, tree }) =>
      manifest.scripts["start"] === undefined && tree.paths.has("index.html")
        ? { name: "Vite", build: "vite build", site: "dist", fallback: "index.html" }
        : undefined,
  },
];

/** Nobody asks a platform's builds whether they want to be counted. */
const quietTelemetry: Readonly<Record<string, string>> = {
  next: "NEXT_TELEMETRY_DISABLED",
  nuxt: "NUXT_TELEMETRY_DISABLED",
  astro: "ASTRO_TELEMETRY_DISABLED",
};

export function findFramework(tree: SourceTree, manifest: PackageJson): Framework | undefined {
  for (const { dependency, describe } of known) {
    if (manifest.dependencies[dependency] === undefined) continue;
    const framework = describe({ tree, manifest });
    if (framework === undefined) continue;
    const telemetry = quietTelemetry[dependency];
    if (telemetry === undefined) return framework;
    return { ...framework, environment: { ...framework.environment, [telemetry]: "1" } };
  }
  return undefined;
}

function svelteKit({ dependencies }: PackageJson): Framework {
  const base = { name: "SvelteKit", build: "vite build" };
  if ("@sveltejs/adapter-static" in dependencies) {
    return { ...base, site: "build", fallback: "200.html", ignoresStartScript: true };
  }
  // Its adapter-auto takes adapter-node where it finds this variable, which Google's buildpacks set.
  const auto = "@sveltejs/adapter-node" in dependencies ? undefined : { GCP_BUILDPACKS: "1" };
  return { ...base, start: "HOST=0.0.0.0 node build", environment: auto };
}

/** Frameworks read a file of this name with one of several endings. */
export function configNames(name: string): readonly string[] {
  return ["js", "mjs", "cjs", "ts", "mts"].map((ending) => `${name}.${ending}`);
}

function configSays(tree: SourceTree, name: string, pattern: RegExp): boolean {
  return configNames(name).some((path) => pattern.test(tree.text(path) ?? ""));
}
