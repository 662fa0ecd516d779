/** What detection decides: everything that a Containerfile needs, and a line that tells the user what was found. */

import type { NodeChoice } from "./node-version.ts";
import type { PackageManager } from "./package-manager.ts";

export interface DockerfilePlan {
  readonly strategy: "dockerfile";
  readonly explanation: string;
  /** Path of the Dockerfile in the context. */
  readonly path: string;
  /** From the Procfile; the image's own command is used where there is none. */
  readonly processes: Readonly<Record<string, string>>;
}

export interface NodePlan {
  readonly strategy: "nodejs";
  readonly explanation: string;
  readonly node: NodeChoice;
  readonly manager: PackageManager;
  /** Whether anything has to be installed at all. */
  readonly hasDependencies: boolean;
  /** What installing reads: copied before the sources, so that a changed source installs nothing again. */
  readonly manifests: readonly string[];
  /** An install script of the app itself may need any file: then all sources come first. */
  readonly sourcesFirst: boolean;
  readonly buildScript: boolean;
  readonly processes: Readonly<Record<string, string>>;
}

export interface StaticPlan {
  readonly strategy: "static";
  readonly explanation: string;
  /** Directory of the source that is served; "" is all of it. */
  readonly root: string;
  /** Path below the root that answers for what does not exist; for apps that route in the browser. */
  readonly fallback?: string | undefined;
  readonly processes: Readonly<Record<string, string>>;
}

export type BuildPlan = DockerfilePlan | NodePlan | StaticPlan;

export type Detection =
  | { readonly ok: true; readonly plan: BuildPlan }
  | { readonly ok: false; readonly message: string };
