/** What is known of a source before it is built: how its Containerfile is written, and a line that tells the user why. */

import type { FailureSign } from "./failure.ts";

export interface ContainerfileOptions {
  /** Image reference of the platform. */
  readonly base: string;
  /** Image reference of the platform that the app runs on, where that is another one than it is built on. */
  readonly runtime: string;
  /** Keeps the caches of one app apart from the others'. */
  readonly cacheId: string;
}

export interface BuildPlan {
  /** `dockerfile`, or the name of the language. */
  readonly strategy: string;
  readonly explanation: string;
  /** What the user should know, though the build goes on. */
  readonly notes?: readonly string[] | undefined;
  /** From the Procfile, or found out; what the image itself starts where there is none. */
  readonly processes: Readonly<Record<string, string>>;
  /** Platform that the app runs on, where that is another one than it is built on. */
  readonly runtime?: string | undefined;
  /** Path of the source's own Dockerfile, which is built instead of a generated Containerfile. */
  readonly dockerfilePath?: string | undefined;
  /** Of a plan without Dockerfile. Its sources are in `app/`, see containerfile.ts. */
  readonly containerfile?: ((options: ContainerfileOptions) => string) | undefined;
  /** What installing reads: in `manifests/` once more, so that a changed source installs nothing again. */
  readonly manifests?: readonly string[] | undefined;
  /** Directories at the root that would hide what the build makes itself. */
  readonly leftOut?: readonly string[] | undefined;
  /** Whether a file of the source, by its path, is kept from the build. */
  readonly isIgnored?: ((path: string) => boolean) | undefined;
  /** Whether programs run in the build, so that there are layers to use again. */
  readonly runsSteps: boolean;
  /** Whether all steps become one layer, as none of them is used again. */
  readonly isOneLayer?: boolean | undefined;
  /** Text of secrets that its steps mount besides the host's, by id. */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  /** Directories of the context besides the sources. */
  readonly folders?: readonly ContextFolder[] | undefined;
  /** Programs of the context besides the sources, by path: what steps mount. */
  readonly files?: Readonly<Record<string, string>> | undefined;
  /** Whether its steps write headings of the log ("-----> ...") themselves. */
  readonly writesHeadings?: boolean | undefined;
  /** Whether the port is what the image exposes, as with a Dockerfile, rather than that of the platforms. */
  readonly ownPort?: boolean | undefined;
  /** Program of the image that the app's commands are started by. */
  readonly launcher?: readonly string[] | undefined;
  /** What the tools of this kind of app say when they fail, and what to do then. */
  readonly failureSigns?: readonly FailureSign[] | undefined;
}

/** A directory of the context that comes from a tar file. */
export interface ContextFolder {
  readonly name: string;
  readonly file: string;
  /** Directory inside the tar file; "" for all of it. */
  readonly root: string;
}

export interface Refusal {
  readonly ok: false;
  readonly message: string;
}

export type Detection = { readonly ok: true; readonly plan: BuildPlan } | Refusal;
