/** What a Python app needs, and which tool installs it. */

import { parse } from "smol-toml";
import { shellQuote } from "../../containerfile.ts";
import type { SourceTree } from "../../source-tree.ts";

export interface Requirements {
  /** For the sentence that explains the build. */
  readonly from: string;
  /** Installs into the virtual environment at `.venv`; absent: there is nothing to install. */
  readonly command?: string | undefined;
  readonly manifests: readonly string[];
  /** Names of the distributions that the app asks for itself, in lower case. */
  readonly names: ReadonlySet<string>;
  /** Range of versions of Python. */
  readonly python?: { readonly range: string; readonly where: string } | undefined;
}

export type RequirementsResult =
  | { readonly ok: true; readonly requirements: Requirements }
  | { readonly ok: false; readonly message: string };

/** Tools are kept out of the app's own environment. */
const tool = (name: string): string =>
  `python3 -m venv /tmp/tool && /tmp/tool/bin/pip install --quiet ${name} && `;

export function requirementsOf(tree: SourceTree): RequirementsResult {
  const project = projectOf(tree.text("pyproject.toml"));
  if (!project.ok) return project;
  const python = pythonOf(tree, project.requiresPython);
  const wheels = wheelDirectory(tree);
  const pip = `.venv/bin/pip install --quiet${wheels === undefined ? "" : ` --no-index --find-links ${wheels}`}`;
  const found = (from: string, command: string | undefined, ...manifests: string[]): RequirementsResult => ({
    ok: true,
    requirements: {
      from: wheels === undefined ? from : `${from} and the wheels in ${wheels}/`,
      command,
      manifests: [...manifests.filter((path) => tree.paths.has(path)), ...wheelsIn(tree, wheels)],
      names: new Set([...namesIn(tree.text("requirements.txt") ?? ""), ...project.dependencies.map(nameOf)]),
      python,
    },
  });
  if (tree.paths.has("uv.lock")) {
    const command = `${tool("uv")}UV_PROJECT_ENVIRONMENT=.venv /tmp/tool/bin/uv sync --locked --no-dev --no-install-project`;
    return found("pyproject.toml with uv.lock", command, "pyproject.toml", "uv.lock");
  }
  if (tree.paths.has("poetry.lock")) {
    const command = `${tool("poetry")}POETRY_VIRTUALENVS_IN_PROJECT=true /tmp/tool/bin/poetry install --only main --no-root --no-interaction`;
    return found("pyproject.toml with poetry.lock", command, "pyproject.toml", "poetry.lock");
  }
  if (tree.paths.has("requirements.txt")) {
    const others = [...tree.paths].filter((path) => /^(requirements|constraints)[\w./-]*\.txt$/.test(path));
    return found("requirements.txt", `${pip} -r requirements.txt`, ...others);
  }
  if (tree.paths.has("pyproject.toml")) {
    const wanted = project.dependencies.map(shellQuote).join(" ");
    return found("pyproject.toml", wanted === "" ? undefined : `${pip} ${wanted}`, "pyproject.toml");
  }
  return found("no requirements.txt", undefined);
}

interface Project {
  readonly ok: true;
  readonly dependencies: readonly string[];
  readonly requiresPython?: string | undefined;
}

function projectOf(text: string | undefined): Project | { readonly ok: false; readonly message: string } {
  if (text === undefined) return { ok: true, dependencies: [] };
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    const message = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    return { ok: false, message: `pyproject.toml: ${message}` };
  }
  const { project } = value as { readonly project?: Readonly<Record<string, unknown>> };
  const dependencies: unknown = project?.["dependencies"] ?? [];
  const requiresPython = project?.["requires-python"];
  if (!Array.isArray(dependencies) || !dependencies.every((each) => typeof each === "string")) {
    return { ok: false, message: "pyproject.toml: project.dependencies must be a list of texts" };
  }
  return {
    ok: true,
    dependencies,
    requiresPython: typeof requiresPython === "string" ? requiresPython : undefined,
  };
}

function pythonOf(tree: SourceTree, requiresPython: string | undefined): Requirements["python"] {
  const runtime = tree
    .text("runtime.txt")
    ?.trim()
    .replace(/^python-/, "");
  if (runtime !== undefined && runtime !== "") return { range: runtime, where: "runtime.txt" };
  const file = tree.text(".python-version")?.trim().split("\n")[0];
  if (file !== undefined && file !== "") return { range: file, where: ".python-version" };
  return requiresPython === undefined ? undefined : { range: requiresPython, where: "requires-python" };
}

function namesIn(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => /^[a-zA-Z0-9]/.test(line))
    .map(nameOf);
}

function nameOf(requirement: string): string {
  return (/^[\w.-]+/.exec(requirement)?.[0] ?? "").toLowerCase().replaceAll(/[_.]/g, "-");
}

/** Distributions that come with the source, for machines without a way to an index. */
function wheelDirectory(tree: SourceTree): string | undefined {
  return ["wheels", "wheelhouse", "vendor"].find((directory) => wheelsIn(tree, directory).length > 0);
}

function wheelsIn(tree: SourceTree, directory: string | undefined): string[] {
  if (directory === undefined) return [];
  return [...tree.paths].filter((path) => path.startsWith(`${directory}/`) && path.endsWith(".whl"));
}
