/** npm, yarn or pnpm: the lockfile says which, `packageManager` in package.json or the lockfile says the version. */

import semver from "semver";
import type { SourceTree } from "../../source-tree.ts";

export interface PackageManager {
  readonly name: "npm" | "yarn" | "yarn-berry" | "pnpm";
  /** What to install with npm to have it; absent: the platform's npm does. */
  readonly install?: string | undefined;
  readonly lockfile?: string | undefined;
  /** Yarn is told to make node_modules, which it does not by itself. */
  readonly linksModules?: boolean | undefined;
}

export type PackageManagerResult =
  | { readonly ok: true; readonly manager: PackageManager }
  | { readonly ok: false; readonly message: string };

const lockfiles = [
  { path: "pnpm-lock.yaml", family: "pnpm" },
  { path: "yarn.lock", family: "yarn" },
  { path: "package-lock.json", family: "npm" },
  { path: "npm-shrinkwrap.json", family: "npm" },
] as const;

export function choosePackageManager(tree: SourceTree, declared: string | undefined): PackageManagerResult {
  const found = lockfiles.filter(({ path }) => tree.paths.has(path));
  const families = new Set(found.map(({ family }) => family));
  const wanted = /^(npm|yarn|pnpm)(?:@([^+]+))?/.exec(declared ?? "");
  if (declared !== undefined && wanted === null) {
    return {
      ok: false,
      message: `package.json: packageManager ${JSON.stringify(declared)} is not known: npm, yarn and pnpm are`,
    };
  }
  if (families.size > 1 && wanted === null) {
    const names = found.map(({ path }) => path).join(" and ");
    return { ok: false, message: `the source has ${names}: keep the lockfile of one package manager` };
  }
  const family = wanted?.[1] ?? found[0]?.family ?? "npm";
  const lockfile = found.find((entry) => entry.family === family)?.path;
  const version = wanted?.[2];
  if (version !== undefined && semver.valid(version) === null) {
    return {
      ok: false,
      message: `package.json: packageManager ${JSON.stringify(declared)} must end with a version, for instance "${family}@1.2.3"`,
    };
  }
  return { ok: true, manager: managerOf({ tree, family, lockfile, version }) };
}

interface Chosen {
  readonly tree: SourceTree;
  readonly family: string;
  readonly lockfile: string | undefined;
  readonly version: string | undefined;
}

function managerOf({ tree, family, lockfile, version }: Chosen): PackageManager {
  switch (family) {
    case "pnpm":
      return { name: "pnpm", install: `pnpm@${version ?? pnpmMajor(tree.text("pnpm-lock.yaml"))}`, lockfile };
    case "yarn": {
      const berry = version === undefined ? isBerryLock(tree.text("yarn.lock")) : semver.major(version) >= 2;
      if (berry) {
        const install = `@yarnpkg/cli-dist@${version ?? berryRange(tree.text("yarn.lock"))}`;
        return { name: "yarn-berry", install, lockfile, linksModules: usesPlugAndPlay(tree) };
      }
      return { name: "yarn", install: `yarn@${version ?? "1"}`, lockfile };
    }
    default:
      return version === undefined
        ? { name: "npm", lockfile }
        : { name: "npm", install: `npm@${version}`, lockfile };
  }
}

/** The lockfile's format tells the oldest pnpm that wrote it; 10 reads what newer ones write, on Node.js 18 too. */
function pnpmMajor(lockfile: string | undefined): string {
  const format = /^lockfileVersion:\s*['"]?([\d.]+)/m.exec(lockfile ?? "")?.[1];
  if (format === undefined || Number(format) >= 9) return "10";
  return Number(format) >= 6 ? "8" : "7";
}

function isBerryLock(lockfile: string | undefined): boolean {
  return lockfile !== undefined && /^__metadata:/m.test(lockfile);
}

/** A newer Yarn would write the lockfile anew, which is refused as one that does not fit. */
function berryRange(lockfile: string | undefined): string {
  const format = Number(
    /^__metadata:\s*\n\s+version: (\d+)/m.exec(lockfile ?? "")?.[1] ?? Number.POSITIVE_INFINITY,
  );
  const known = berryRanges.find(([newest]) => format <= newest);
  return known === undefined ? "4" : known[1];
}

/** The newest format of the lockfile that these versions write. */
const berryRanges: readonly (readonly [format: number, range: string])[] = [
  [5, "2"],
  [6, "3"],
  [8, ">=4.0.0 <4.14.0"],
  [9, "~4.14.0"],
];

/** Yarn's own way without node_modules: `node server.js` would find nothing. */
function usesPlugAndPlay(tree: SourceTree): boolean {
  const linker = /^nodeLinker:\s*["']?([\w-]+)/m.exec(tree.text(".yarnrc.yml") ?? "")?.[1];
  return linker === undefined || linker === "pnp";
}
