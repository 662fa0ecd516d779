/**
 * What kind of app a source is. Pure: a tree in, a plan out. The plan says everything that the Containerfile
 * needs; the explanation tells the user in one line what was found.
 */

import { detectNode } from "./detect-node.ts";
import { detectStatic } from "./detect-static.ts";
import type { Detection, DockerfilePlan } from "./plan.ts";
import { parseProcfile } from "./procfile.ts";
import type { SourceTree } from "./source-tree.ts";

export interface DetectOptions {
  /** Version of Node.js in the `nodejs` platform. */
  readonly nodeVersion: string;
  /** Set: build from this Dockerfile whatever else is there. */
  readonly dockerfilePath?: string | undefined;
}

const dockerfileNames = ["Containerfile", "Dockerfile"] as const;

export function detect(tree: SourceTree, options: DetectOptions): Detection {
  const procfile = tree.text("Procfile");
  const parsed = procfile === undefined ? undefined : parseProcfile(procfile);
  if (parsed?.ok === false) return parsed;
  const processes = parsed?.processes ?? {};
  const { dockerfilePath } = options;
  if (dockerfilePath !== undefined && !tree.paths.has(dockerfilePath)) {
    return {
      ok: false,
      message: `the source has no ${dockerfilePath}, which the build names as its Dockerfile`,
    };
  }
  const path = dockerfilePath ?? dockerfileNames.find((name) => tree.paths.has(name));
  if (path !== undefined) return { ok: true, plan: dockerfilePlan(path, processes) };
  if (tree.paths.has("package.json")) return detectNode(tree, processes, options.nodeVersion);
  return detectStatic(tree) ?? { ok: false, message: unknownApp(tree) };
}

function dockerfilePlan(path: string, processes: Readonly<Record<string, string>>): DockerfilePlan {
  const types = Object.keys(processes);
  const from = types.length === 0 ? "" : `, Procfile with ${types.join(", ")}`;
  return { strategy: "dockerfile", explanation: `Container image from ${path}${from}`, path, processes };
}

function unknownApp(tree: SourceTree): string {
  if (tree.paths.size === 0) return "the source has no files: commit something first";
  const found = tree.paths.has("Procfile") ? " There is a Procfile, but it does not say the language." : "";
  const looked = "looked for Dockerfile, Containerfile, package.json, index.html and public/index.html";
  return `cannot tell what kind of app this is: ${looked} in the root of the source; add one of them.${found}`;
}
