/** Where a buildpack comes from, as specs, app.json and `.buildpacks` name it. */

import { checkGitUrl, parseGitUrl } from "../../../lib/git/git-url.ts";

const maxLength = 1024;
/** Heroku's names for what it keeps itself: an owner and a name. */
const registryName = /^(heroku|heroku-community)\/([a-z0-9][a-z0-9_-]*)$/;
const registryAddress = "https://buildpack-registry.s3.amazonaws.com/buildpacks";
const archiveName = /\.(tgz|tar\.gz|tar)$/;

export type BuildpackPlace =
  /** `ref`: branch, tag or commit; absent: the default branch. */
  | { readonly kind: "git"; readonly url: string; readonly ref?: string | undefined }
  /** A tar file, compressed with gzip or not. */
  | { readonly kind: "archive"; readonly url: string }
  /** From the root of the source. */
  | { readonly kind: "directory"; readonly path: string };

/** What is wrong with the name of a buildpack, or undefined. */
export function checkBuildpack(given: string): string | undefined {
  const place = placeOfBuildpack(given);
  return "problem" in place ? place.problem : undefined;
}

export function placeOfBuildpack(given: string): BuildpackPlace | { readonly problem: string } {
  const text = given.trim();
  if (text === "" || text !== given || /[\p{Cc}\s]/u.test(text) || text.length > maxLength)
    return no(`must be an address or a directory without spaces, of at most ${maxLength} characters`);
  const registered = registryName.exec(text);
  if (registered !== null) return { kind: "archive", url: `${registryAddress}/${text}.tgz` };
  const [address = "", ref, more] = text.split("#");
  if (parseGitUrl(address) !== undefined) {
    const problem = checkGitUrl(address);
    if (problem !== undefined) return no(problem);
    if (/^https?:/.test(address) && archiveName.test(new URL(address).pathname))
      return { kind: "archive", url: address };
    const isRef = ref === undefined || !(ref === "" || /^-|[:*?[\\^~]|\.\./.test(ref));
    if (more === undefined && isRef) return { kind: "git", url: address, ref };
    return no("must have the name of a branch or tag, or a commit, after the #");
  }
  if (/^[a-z][a-z0-9+.-]*:/i.test(text))
    return no(
      "must begin with https://, http:// or ssh://, or be a directory of the source such as buildpacks/own",
    );
  const path = text.replace(/^\.\//, "").replace(/\/+$/, "");
  const plain = path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
  if (plain && !/[\\#]/.test(path)) return { kind: "directory", path };
  return no(
    'must be a directory below the root of the source, such as "buildpacks/own": no leading "/", no ".."',
  );
}

function no(problem: string): { readonly problem: string } {
  return { problem };
}

/** Heroku's own buildpacks for languages that Nagi builds itself. */
const herokuLanguages: Readonly<Record<string, string>> = {
  "heroku/nodejs": "nodejs",
  "heroku/python": "python",
  "heroku/ruby": "ruby",
  "heroku/php": "php",
  "heroku/go": "go",
  "heroku/java": "java",
  "heroku/gradle": "java",
};

/** The language that Nagi builds itself for which this is Heroku's own buildpack; undefined for others. */
export function herokuLanguage(url: string): string | undefined {
  return Object.hasOwn(herokuLanguages, url) ? herokuLanguages[url] : undefined;
}
