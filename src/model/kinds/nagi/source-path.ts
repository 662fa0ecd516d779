/** Directories inside a source, as specs name them. */

const maxLength = 1024;

/** What is wrong with a directory of a source, or undefined. */
export function checkSourceDirectory(path: string): string | undefined {
  if (path.length > maxLength) return `must be no more than ${maxLength} characters`;
  const parts = path.split("/");
  const plain = parts.every((part) => part !== "" && part !== "." && part !== "..");
  // Control characters would break the lines of hooks and logs.
  if (plain && !/[\p{Cc}\\]/u.test(path)) return undefined;
  return 'must be a path below the root of the source, such as "apps/web": no leading or trailing "/", no ".", "..", or "\\"';
}

/** What is wrong with the name of a branch, or undefined: git's own rules (git-check-ref-format). */
export function checkBranch(name: string): string | undefined {
  const parts = name.split("/");
  const plain =
    parts.every((part) => part !== "" && !part.startsWith(".") && !part.endsWith(".lock")) &&
    !/[\p{Cc} ~^:?*[\\]|\.\.|@\{|\.$|^-|^@$/u.test(name) &&
    name.length <= 200;
  return plain ? undefined : 'must be the name of a git branch, such as "main" or "release/2"';
}
