/** Aptfile: Debian packages that an app needs besides those of its platform, one a line. */

import type { SourceTree } from "../source-tree.ts";

export type AptfileResult =
  | { readonly ok: true; readonly packages: readonly string[] }
  | { readonly ok: false; readonly message: string };

const packageName = /^[a-z0-9][a-z0-9+.-]+(=[\w.+~:-]+)?$/;
const maxPackages = 200;

export function aptPackages(tree: SourceTree): AptfileResult {
  const packages: string[] = [];
  for (const [index, raw] of (tree.text("Aptfile") ?? "").split(/\r?\n/).entries()) {
    const line = raw.replace(/#.*/, "").trim();
    if (line === "") continue;
    if (!packageName.test(line)) {
      const message = `Aptfile line ${index + 1}: ${JSON.stringify(line.slice(0, 60))} is not the name of a Debian package: write one a line, for instance libpq5`;
      return { ok: false, message };
    }
    packages.push(line);
  }
  if (packages.length > maxPackages)
    return { ok: false, message: `Aptfile: more than ${maxPackages} packages` };
  return { ok: true, packages };
}
