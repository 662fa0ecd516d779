/** What of an object is tied to a machine: where its registry answers and where its volumes lie. */

export interface Place {
  readonly dataDir: string;
  readonly registryPort: number;
}

/** Changes the encoded text of an object from one place to another. */
export function movedText(from: Place, to: Place): (encoded: string) => string {
  const registry = new RegExp(`(?<![0-9.])127\\.0\\.0\\.1:${from.registryPort}(?=[/"])`, "g");
  const directory = new RegExp(`(?<=")${escaped(quoted(from.dataDir))}(?=[/"])`, "g");
  return (encoded) =>
    encoded
      .replace(registry, () => `127.0.0.1:${to.registryPort}`)
      .replace(directory, () => quoted(to.dataDir));
}

/** As in a JSON text. */
function quoted(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function escaped(text: string): string {
  return text.replace(/[$()*+.?[\\\]^{|}]/g, "\\$&");
}
