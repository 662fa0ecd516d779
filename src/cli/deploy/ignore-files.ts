/** What is left out of a directory that is deployed, beside what its .gitignore files say, in git's own syntax. */

/** Made by programs, never source. */
const always = [".DS_Store", ".git/", ".hg/", ".svn/"];
const dockerfiles = ["Dockerfile", "Containerfile"];

/** Text of a file at the top of the directory; undefined when there is none. */
export type ReadFile = (name: string) => string | undefined;

export function excludes(read: ReadFile): string {
  const slug = (read(".slugignore") ?? "").split("\n");
  const isDocker = dockerfiles.some((name) => read(name) !== undefined);
  const docker = isDocker ? dockerExcludes(read(".dockerignore") ?? "") : [];
  return `${[...always, ...slug, ...docker].join("\n")}\n`;
}

/**
 * .dockerignore means paths from the top where .gitignore means any place. The build itself heeds the file too, so one
 * with exceptions, which git cannot say exactly, is left to it: then more is sent, and the same is built.
 */
function dockerExcludes(text: string): string[] {
  const patterns = text.split("\n").map((line) => line.trim());
  if (patterns.some((pattern) => pattern.startsWith("!"))) return [];
  const anchored = patterns
    .filter((pattern) => pattern !== "" && !pattern.startsWith("#") && pattern !== "." && pattern !== "/")
    .map((pattern) => (pattern.startsWith("**/") ? pattern : `/${pattern.replace(/^(\.?\/)+/, "")}`));
  if (anchored.length === 0) return [];
  return [...anchored, ...[...dockerfiles, ".dockerignore"].map((name) => `!/${name}`)];
}
