/** PHP: composer.json or index.php, served by Apache. */

import { cacheDir, singleStage } from "../../containerfile.ts";
import type { FailureSign } from "../../failure.ts";
import type { ContainerfileOptions } from "../../plan.ts";
import type { SourceTree } from "../../source-tree.ts";
import { aptPackages } from "../aptfile.ts";
import { readsNames, type Language } from "../language.ts";

const failureSigns: readonly FailureSign[] = [
  [
    /lock file is not up to date with the latest changes in composer\.json/,
    "the lockfile does not fit composer.json: run `composer update` and commit composer.lock",
  ],
  [
    /requires? (?:PHP extension )?(ext-[\w]+)/,
    "a package needs the PHP extension $1: add its Debian package to a file Aptfile (ext-gd is php-gd)",
  ],
  [
    /requires php (\S+)/,
    "a package needs PHP $1, which the platform does not have: choose an older version of it, or add a Dockerfile",
  ],
  [
    /Could not find a matching version of package ([^\s,]+)|package ([^\s]+) could not be found/,
    "there is no Composer package $1: check composer.json",
  ],
  [
    /curl error \d+ while downloading|The following exception probably indicates you .*offline|could not be (?:fully )?loaded|Could not resolve host/,
    "the registry of Composer cannot be reached: commit vendor/ (`composer install --no-dev`), or tell the platform a mirror (COMPOSER_MIRROR_URL in build.env)",
  ],
];

export const php: Language = {
  name: "php",
  signs: ["composer.json", "index.php", "public/index.php"],
  reads: readsNames("composer.json", "Aptfile"),
  isIn: ({ paths }) => ["composer.json", "index.php", "public/index.php"].some((path) => paths.has(path)),
  plan({ tree, processes, versions }) {
    const apt = aptPackages(tree);
    if (!apt.ok) return apt;
    const composer = readComposer(tree);
    if (!composer.ok) return composer;
    const root = documentRoot(tree);
    const types = Object.keys(processes);
    if (root === undefined && types.length === 0) {
      const message =
        "cannot tell what this PHP app serves: no index.php in the root, public/ or web/; add one, or a Procfile with for instance `web: serve-php public`";
      return { ok: false, message };
    }
    const vendored = tree.paths.has("vendor/autoload.php");
    const web = root === "" ? "serve-php" : `serve-php ${root ?? ""}`;
    const parts: Parts = {
      processes: types.length > 0 ? processes : { web },
      packages: apt.packages,
      installs: composer.present && !vendored,
      locked: tree.paths.has("composer.lock"),
      manifests: ["composer.json", "composer.lock"].filter((path) => tree.paths.has(path)),
    };
    const lock = parts.locked ? " with composer.lock" : "";
    const found = composer.present ? `composer.json${lock}${vendored ? " and vendor/" : ""}` : "index.php";
    const from =
      types.length > 0
        ? `Procfile with ${types.join(", ")}`
        : `Apache serves ${root === "" ? "the root" : `${root}/`}`;
    return {
      ok: true,
      plan: {
        strategy: "php",
        explanation: `PHP app: ${found}; PHP ${versions["php"] ?? ""}; ${from}`,
        processes: parts.processes,
        manifests: parts.manifests,
        leftOut: parts.installs ? ["vendor"] : [],
        runsSteps: parts.installs || parts.packages.length > 0,
        failureSigns,
        containerfile: (options) => phpContainerfile(parts, options),
      },
    };
  },
};

interface Parts {
  readonly processes: Readonly<Record<string, string>>;
  readonly packages: readonly string[];
  readonly installs: boolean;
  readonly locked: boolean;
  readonly manifests: readonly string[];
}

const mirror =
  '{ [ -z "$COMPOSER_MIRROR_URL" ] || composer config --global repos.packagist composer "$COMPOSER_MIRROR_URL"; }';
const quiet = "--no-dev --no-interaction --no-progress --prefer-dist";

function phpContainerfile(parts: Parts, { base, cacheId }: ContainerfileOptions): string {
  const environment = { COMPOSER_HOME: "/tmp/composer", COMPOSER_CACHE_DIR: cacheDir };
  const install = `${mirror} && composer install ${quiet} --no-scripts --no-autoloader && rm -rf /tmp/composer`;
  // Scripts and the class map want the sources.
  const finish = "composer dump-autoload --no-dev --optimize --no-interaction && rm -rf /tmp/composer";
  const cached = { cacheId: `${cacheId}.composer`, environment };
  return singleStage({
    base,
    packages: parts.packages,
    manifests: parts.installs,
    install: parts.installs ? { command: install, ...cached } : undefined,
    processes: parts.processes,
    finish: parts.installs ? { command: finish, ...cached } : undefined,
  });
}

function documentRoot(tree: SourceTree): string | undefined {
  return ["public", "web", ""].find((directory) =>
    tree.paths.has(directory === "" ? "index.php" : `${directory}/index.php`),
  );
}

function readComposer(
  tree: SourceTree,
): { readonly ok: true; readonly present: boolean } | { readonly ok: false; readonly message: string } {
  const text = tree.text("composer.json");
  if (text === undefined) return { ok: true, present: false };
  try {
    JSON.parse(text);
    return { ok: true, present: true };
  } catch (error) {
    return { ok: false, message: `composer.json: ${error instanceof Error ? error.message : String(error)}` };
  }
}
