/** Keeps the text of secrets out of a build's log. Pure. */

/** Shorter ones would hide half of the log, and are no secrets. */
const shortestMasked = 6;

/** Puts `***` in place of each line of the secrets. */
export function masker(secrets: readonly string[]): (line: string) => string {
  const parts = secrets
    .flatMap((text) => text.split(/\r?\n/))
    .map((part) => part.trim())
    .filter((part) => part.length >= shortestMasked)
    .toSorted((a, b) => b.length - a.length);
  if (parts.length === 0) return (line) => line;
  return (line) => parts.reduce((masked, part) => masked.replaceAll(part, "***"), line);
}
