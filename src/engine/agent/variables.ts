/** `$(NAME)` in commands, arguments and values of the environment, as Kubernetes expands it. */

/** Known names are replaced, unknown ones stay as they are, `$$` is one `$`. */
export function expandVariables(text: string, valueOf: (name: string) => string | undefined): string {
  return text.replace(/\$\$|\$\(([^()]*)\)/g, (match, name: string | undefined) => {
    if (match === "$$") return "$";
    return valueOf(name ?? "") ?? match;
  });
}
