/** `.s2i/environment`: variables of the build and of the image, one a line, `NAME=value`. Pure. */

export const environmentFile = ".s2i/environment";

const maxVariables = 500;

export type EnvironmentResult =
  | { readonly ok: true; readonly variables: readonly (readonly [name: string, value: string])[] }
  /** Says the line, what is there, and what is allowed. */
  | { readonly ok: false; readonly message: string };

export function readEnvironment(text: string): EnvironmentResult {
  const variables: (readonly [string, string])[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, name, value = ""] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (name === undefined) {
      const given = JSON.stringify(line.length > 60 ? `${line.slice(0, 57)}...` : line);
      return { ok: false, message: `.s2i/environment line ${index + 1}: ${given} is not NAME=value` };
    }
    variables.push([name, value]);
  }
  if (variables.length > maxVariables)
    return { ok: false, message: `.s2i/environment: more than ${maxVariables} variables` };
  return { ok: true, variables };
}
