/** What a source-to-image builder says of itself. Pure. */

import type { ImageDetails } from "../../../lib/container-engine/engine-types.ts";

/** In the order in which they may run. */
export const scriptNames = ["assemble", "run", "save-artifacts"] as const;

const labels = {
  scripts: ["io.openshift.s2i.scripts-url", "io.s2i.scripts-url"],
  destination: ["io.openshift.s2i.destination", "io.s2i.destination"],
  assembleUser: ["io.openshift.s2i.assemble-user"],
} as const;
/** Where Red Hat's and Software Collections' builders have them. */
const defaultScripts = "/usr/libexec/s2i";
const defaultDestination = "/tmp";

export interface Builder {
  readonly image: string;
  /** Directory of its scripts. */
  readonly scripts: string;
  /** Web address of scripts that go before those in the directory. */
  readonly scriptsUrl?: string | undefined;
  /** Who says so, in words. */
  readonly scriptsFrom: "the build" | "the builder's label" | "the usual place";
  /** Directory that the source goes below. */
  readonly destination: string;
  readonly user: string;
  readonly assembleUser: string;
}

export type BuilderResult =
  | { readonly ok: true; readonly builder: Builder }
  | { readonly ok: false; readonly message: string };

/** `asked`: address of scripts that the build itself names. */
export function readBuilder(
  image: string,
  { Config }: Pick<ImageDetails, "Config">,
  asked: string | undefined,
): BuilderResult {
  const label = (names: readonly string[]): string | undefined =>
    names.map((name) => Config.Labels?.[name]).find((value) => value !== undefined && value !== "");
  const labelled = label(labels.scripts);
  const url = asked ?? labelled;
  const isWeb = url !== undefined && isWebAddress(url);
  // What is not at the web address is where the builder has it.
  const path = isWeb
    ? (pathOf(labelled ?? "") ?? defaultScripts)
    : pathOf(url ?? `image://${defaultScripts}`);
  const where = asked === undefined ? `the label of ${image}` : "spec.strategy.sourceStrategy.scripts";
  if (path === undefined) {
    const message = `${where} is ${JSON.stringify(url)}: it must be a directory of the builder image, image:///usr/libexec/s2i for instance, or a web address, https://HOST/DIRECTORY`;
    return { ok: false, message };
  }
  const destination = label(labels.destination) ?? defaultDestination;
  if (!isPlain(destination))
    return {
      ok: false,
      message: `the label of ${image} for its destination is ${JSON.stringify(destination)}: must be an absolute path`,
    };
  const user = Config.User === undefined || Config.User === "" ? "0" : Config.User;
  const builder: Builder = {
    image,
    scripts: path,
    ...(isWeb ? { scriptsUrl: url } : {}),
    scriptsFrom:
      asked !== undefined ? "the build" : labelled === undefined ? "the usual place" : "the builder's label",
    destination: destination.replace(/\/+$/, ""),
    user,
    assembleUser: label(labels.assembleUser) ?? user,
  };
  return { ok: true, builder };
}

function isWebAddress(url: string): boolean {
  return /^https?:\/\//i.test(url) && URL.canParse(url);
}

function pathOf(url: string): string | undefined {
  const path = /^image:\/\/(\/.*)$/.exec(url)?.[1]?.replace(/(.)\/+$/, "$1");
  return path !== undefined && isPlain(path) ? path : undefined;
}

function isPlain(path: string): boolean {
  return /^\/[\w@+.:/-]*$/.test(path);
}
