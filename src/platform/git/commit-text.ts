/** Author and subject of a commit, from the object itself: of a shallow clone git can show no more. */

export interface CommitText {
  readonly author: { readonly name: string; readonly email: string };
  /** First paragraph of the message, on one line. */
  readonly subject: string;
}

/** Of `git cat-file commit`. */
export function parseCommit(text: string): CommitText {
  const end = text.indexOf("\n\n");
  const head = end < 0 ? text : text.slice(0, end);
  const message = end < 0 ? "" : text.slice(end + 2);
  const [, name = "", email = ""] = /^author (.*?) ?<([^>\n]*)>/m.exec(head) ?? [];
  const subject = (message.trimStart().split(/\n\s*\n/)[0] ?? "").replaceAll(/\s*\n\s*/g, " ").trim();
  return { author: { name, email }, subject };
}
