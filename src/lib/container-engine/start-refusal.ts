/** What of an image keeps a container from starting, read from what the engine and its runtime say: only their text tells it. */

export interface StartRefusal {
  /** What is not there or not fit. */
  readonly what: "program" | "directory" | "user" | "group";
  readonly name: string;
  /** Absent: there is none of that name. */
  readonly why?: string | undefined;
}

/** Podman and Docker; runc, crun and, before them, containerd. The name is the first group, the reason the second. */
const texts: readonly (readonly [StartRefusal["what"], RegExp])[] = [
  ["program", /exec: "([^"]+)": executable file not found in \$PATH/],
  ["program", /exec: "([^"]+)": stat [^:]+: (?:no such file or directory|not a directory)/],
  ["program", /executable file [`']([^`']+)[`'] not found/],
  ["program", /exec: "([^"]+)": (permission denied|is a directory)/],
  ["directory", /workdir "([^"]+)" exists on container \S+, but (is not a directory)/],
  [
    "directory",
    /chdir to cwd \("([^"]+)"\) set in config\.json failed: (permission denied|not a directory|no such file or directory)/,
  ],
  ["user", /unable to find user ([^:]+): no matching entries in passwd file/],
  ["group", /unable to find group ([^:]+): no matching entries in group file/],
];

/**
 * Undefined when another try may end otherwise. "OCI permission denied" alone says nothing of the image: it is also said when the
 * machine forbids what the engine does for a container.
 */
export function startRefusal(message: string): StartRefusal | undefined {
  for (const [what, text] of texts) {
    const [, name, why] = text.exec(message) ?? [];
    if (name !== undefined) return { what, name, why };
  }
  return undefined;
}
