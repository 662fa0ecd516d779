/** Python: requirements.txt, pyproject.toml, manage.py, or an app.py or main.py. */

import semver from "semver";
import { cacheDir, singleStage } from "../../containerfile.ts";
import type { FailureSign } from "../../failure.ts";
import type { ContainerfileOptions } from "../../plan.ts";
import { aptPackages } from "../aptfile.ts";
import { notKnownYet, type Language, type LanguageInput } from "../language.ts";
import { findPythonApp, type PythonApp } from "./python-app.ts";
import { requirementsOf, type Requirements } from "./requirements.ts";

const signs = ["requirements.txt", "pyproject.toml", "manage.py", "app.py", "main.py", "wsgi.py", "asgi.py"];
const readNames = new Set([...signs, "Aptfile", "runtime.txt", ".python-version"]);

const failureSigns: readonly FailureSign[] = [
  [
    /(?:NewConnectionError|ConnectTimeoutError|ProxyError|NameResolutionError|Temporary failure in name resolution|Failed to establish)/,
    "the Python package index cannot be reached: commit the wheels in wheels/ (`pip wheel -r requirements.txt -w wheels`), take Debian's packages by an Aptfile (python3-flask), or tell the platform a mirror (PIP_INDEX_URL in build.env)",
  ],
  [
    /DO NOT MATCH THE HASHES/,
    "a package is not the one that requirements.txt has the hash of: write the file anew (`pip-compile --generate-hashes`, `uv pip compile --generate-hashes`), and the wheels too where they come with the source",
  ],
  [
    /In --require-hashes mode, all requirements must have/,
    "some requirements have hashes and others none: give all of them one (`pip-compile --generate-hashes`), or none",
  ],
  [
    /No matching distribution found for (\S+)/,
    "there is no Python package $1 in that version: check requirements.txt; with wheels in the source, `pip wheel -r requirements.txt -w wheels` brings all of them",
  ],
  [
    /ModuleNotFoundError: No module named '([^']+)'/,
    "the Python module $1 is missing: add what holds it to requirements.txt",
  ],
  [
    /(?:pyproject\.toml changed significantly since poetry\.lock|poetry\.lock is not up to date)/,
    "the lockfile does not fit pyproject.toml: run `poetry lock` and commit poetry.lock",
  ],
  [
    /lockfile .*needs to be updated|uv\.lock.*out.?dated/i,
    "the lockfile does not fit pyproject.toml: run `uv lock` and commit uv.lock",
  ],
  [
    /(?:command|unable to execute) '?([\w-]*gcc)'?|Python\.h: No such file/,
    "a Python package has to be compiled, and there is no compiler: add build-essential and python3-dev to a file Aptfile",
  ],
  [
    /Requires-Python|requires a different Python/i,
    "a package wants another Python than the platform's: pin an older version of it",
  ],
];

export const python: Language = {
  name: "python",
  signs,
  reads: (path) => readNames.has(path) || /^[^/]+\.py$/.test(path) || path.endsWith("/settings.py"),
  isIn: ({ paths }) => signs.some((name) => paths.has(name)),
  plan(input) {
    const apt = aptPackages(input.tree);
    if (!apt.ok) return apt;
    const found = requirementsOf(input.tree);
    if (!found.ok) return found;
    const { requirements } = found;
    const version = versionText(requirements, input.versions["python"] ?? "");
    if (!version.ok) return version;
    const app = findPythonApp(input.tree);
    const started = startedBy(input, app);
    if (!started.ok) return started;
    const { processes } = started;
    const parts: Parts = {
      processes,
      requirements,
      packages: apt.packages,
      collect: collectsStatic(input, app),
    };
    return {
      ok: true,
      plan: {
        strategy: "python",
        explanation: `Python app: ${requirements.from}; ${version.text}; ${started.from}`,
        processes,
        manifests: requirements.manifests,
        leftOut: [".venv", "venv", "__pycache__"],
        runsSteps: true,
        failureSigns,
        containerfile: (options) => pythonContainerfile(parts, options),
      },
    };
  },
};

interface Parts {
  readonly processes: Readonly<Record<string, string>>;
  readonly requirements: Requirements;
  readonly packages: readonly string[];
  readonly collect: boolean;
}

function pythonContainerfile(parts: Parts, { base, cacheId }: ContainerfileOptions): string {
  const { command } = parts.requirements;
  // Debian's packages are seen from the environment, so that what apt brought need not be fetched again.
  const make = "python3 -m venv --system-site-packages .venv";
  return singleStage({
    base,
    packages: parts.packages,
    manifests: parts.requirements.manifests.length > 0,
    install: {
      command: command === undefined ? make : `${make} && ${command}`,
      cacheId: `${cacheId}.pip`,
      environment: { PIP_CACHE_DIR: cacheDir, UV_CACHE_DIR: `${cacheDir}/uv` },
    },
    processes: parts.processes,
    finish: parts.collect ? { command: "python manage.py collectstatic --noinput" } : undefined,
  });
}

type Started =
  | { readonly ok: true; readonly processes: Readonly<Record<string, string>>; readonly from: string }
  | { readonly ok: false; readonly message: string };

function startedBy({ processes }: LanguageInput, app: PythonApp | undefined): Started {
  const types = Object.keys(processes);
  if (types.length > 0) return { ok: true, processes, from: `Procfile with ${types.join(", ")}` };
  if (app !== undefined) return { ok: true, processes: { web: app.command }, from: app.from };
  const message =
    "cannot tell how to start this Python app: no Django, Flask or FastAPI object, app.py or main.py was found; add a Procfile with for instance `web: gunicorn --bind 0.0.0.0:$PORT package.module:app`";
  return { ok: false, message };
}

function collectsStatic({ tree }: LanguageInput, app: PythonApp | undefined): boolean {
  if (app?.isDjango !== true) return false;
  return [...tree.paths].some(
    (path) => path.endsWith("/settings.py") && /^STATIC_ROOT\b/m.test(tree.text(path) ?? ""),
  );
}

type VersionResult =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly message: string };

/** Debian has one Python a release; another one needs another platform. */
function versionText({ python }: Requirements, platformVersion: string): VersionResult {
  if (python === undefined) return { ok: true, text: `Python ${platformVersion}` };
  const because = `${python.where} ${JSON.stringify(python.range)}`;
  if (platformVersion === "") return { ok: true, text: `Python (${because}, ${notKnownYet})` };
  if (satisfies(platformVersion, python.range))
    return { ok: true, text: `Python ${platformVersion} (${because})` };
  const message = `${python.where} asks for Python ${JSON.stringify(python.range)}, and the platform has ${platformVersion}: change it, use a platform with that version (\`nagi platforms\`), or add a Dockerfile`;
  return { ok: false, message };
}

/** PEP 440 ranges as far as they say which Python: `>=3.9,<4`, `~=3.11`, `==3.11.*`, a version or its beginning. */
function satisfies(version: string, range: string): boolean {
  const [major = "0", minor = "0"] = version.split(".");
  const comparators = range.split(",").map((part) => {
    const [, sign = "", given = ""] =
      /^\s*(===?|~=|!=|[<>]=?|\^|~)?\s*([\d.]+)(?:\.\*|\.)?\s*$/.exec(part) ?? [];
    if (sign === "!=") return "*";
    if (sign === "~=") return given.split(".").length > 2 ? `~${given}` : `^${given}`;
    // A patch release more or less is never the point.
    if (sign === "" || sign.startsWith("==")) return given.split(".").slice(0, 2).join(".");
    return `${sign}${given}`;
  });
  const text = comparators.join(" ");
  const patch = version.split(".")[2] ?? "0";
  return semver.validRange(text) !== null && semver.satisfies(`${major}.${minor}.${patch}`, text);
}
