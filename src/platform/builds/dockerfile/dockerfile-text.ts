/** What a Dockerfile says of its stages, arguments and secrets: for errors and notes before it is built. Pure. */

export interface DockerfileText {
  /** Names of the stages, and how many there are. */
  readonly stages: readonly string[];
  readonly stageCount: number;
  readonly args: ReadonlySet<string>;
  /** Ids that steps mount. */
  readonly secrets: ReadonlySet<string>;
}

export function readDockerfile(text: string): DockerfileText {
  const stages: string[] = [];
  const args = new Set<string>();
  const secrets = new Set<string>();
  let stageCount = 0;
  for (const line of instructionsOf(text)) {
    const [word = "", ...rest] = line.split(/\s+/);
    const instruction = word.toUpperCase();
    if (instruction === "FROM") {
      stageCount += 1;
      const name = /\sAS\s+(\S+)\s*$/i.exec(line)?.[1];
      if (name !== undefined) stages.push(name);
    }
    if (instruction === "ARG") for (const each of rest) args.add(each.split("=")[0] ?? "");
    if (instruction === "RUN")
      for (const [, mount = ""] of line.matchAll(/--mount=(\S+)/g)) {
        const id = idOfSecret(mount);
        if (id !== undefined) secrets.add(id);
      }
  }
  return { stages, stageCount, args, secrets };
}

/** Without comments, each on one line. */
function instructionsOf(text: string): string[] {
  const lines = text.split(/\r?\n/).filter((line) => !/^\s*#/.test(line));
  return lines
    .join("\n")
    .replaceAll(/\\[ \t]*\n/g, " ")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** Its id is the last part of its target where it has none. */
function idOfSecret(mount: string): string | undefined {
  const options = new Map(mount.split(",").map((pair) => [pair.split("=")[0], pair.split("=")[1] ?? ""]));
  if (options.get("type") !== "secret") return undefined;
  const target = options.get("target") ?? options.get("dst") ?? options.get("destination") ?? "";
  return options.get("id") ?? target.split("/").at(-1);
}

export interface DockerfileWishes {
  readonly target?: string | undefined;
  readonly args: readonly string[];
  readonly secrets: readonly string[];
}

/** Arguments that no ARG line has to name. */
const predefined = /^(https?|ftp|all|no)_proxy$/i;

export type DockerfileCheck =
  | { readonly ok: true; readonly notes: readonly string[] }
  | { readonly ok: false; readonly message: string };

/** Whether the Dockerfile has what is asked for, and what of it does nothing. */
export function checkDockerfile(
  path: string,
  text: string,
  { target, args, secrets }: DockerfileWishes,
): DockerfileCheck {
  const found = readDockerfile(text);
  if (target !== undefined && !hasStage(found, target)) {
    const there = found.stages.length === 0 ? "none has a name" : `there are ${found.stages.join(", ")}`;
    const message = `${path} has no stage ${target}: ${there}. Choose one: nagi source --target STAGE`;
    return { ok: false, message };
  }
  const notes = [
    ...args
      .filter((name) => !found.args.has(name) && !predefined.test(name))
      .map((name) => `build argument ${name} does nothing: no line of ${path} says ARG ${name}`),
    ...secrets
      .filter((id) => !found.secrets.has(id))
      .map((id) => `secret ${id} does nothing: no step of ${path} has --mount=type=secret,id=${id}`),
    ...[...found.secrets]
      .filter((id) => !secrets.includes(id) && !id.startsWith("nagi-"))
      .map(
        (id) =>
          `${path} mounts secret ${id}, which the app does not give: nagi source --build-secret ${id}=SECRET/KEY`,
      ),
  ];
  return { ok: true, notes };
}

function hasStage({ stages, stageCount }: DockerfileText, target: string): boolean {
  if (/^\d+$/.test(target)) return Number(target) < stageCount;
  return stages.some((name) => name.toLowerCase() === target.toLowerCase());
}
