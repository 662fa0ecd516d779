/** What of package.json says how an app is built and started. */

export interface PackageJson {
  readonly main?: string | undefined;
  readonly enginesNode?: string | undefined;
  readonly packageManager?: string | undefined;
  readonly scripts: Readonly<Record<string, string>>;
  /** Of both kinds, by name. */
  readonly dependencies: Readonly<Record<string, string>>;
  readonly hasWorkspaces: boolean;
  readonly hasDependencies: boolean;
}

export type PackageJsonResult =
  | { readonly ok: true; readonly manifest: PackageJson }
  | { readonly ok: false; readonly message: string };

export function readPackageJson(text: string): PackageJsonResult {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    return { ok: false, message: `package.json: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { ok: false, message: "package.json: must be an object" };
  }
  const given = value as Readonly<Record<string, unknown>>;
  const kinds = ["dependencies", "devDependencies", "optionalDependencies"].map((name) => given[name]);
  return {
    ok: true,
    manifest: {
      main: textOf(given["main"]),
      enginesNode: strings(given["engines"])["node"],
      packageManager: textOf(given["packageManager"]),
      scripts: strings(given["scripts"]),
      dependencies: Object.assign({}, ...kinds.map(strings)) as Record<string, string>,
      hasWorkspaces: given["workspaces"] !== undefined,
      hasDependencies: kinds.some(hasEntries) || given["workspaces"] !== undefined,
    },
  };
}

function strings(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function hasEntries(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}
