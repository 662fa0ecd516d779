/** Changes of a Dockerfile that a build asks for, in its text. Pure; what is not asked for stays as it is. */

export interface DockerfileChanges {
  /** The image that the last stage builds on. */
  readonly from?: string | undefined;
  /** Names of build arguments that become variables of every stage, right after its FROM; no log tells their values. */
  readonly env?: readonly string[] | undefined;
  /** Images by the names that FROM and COPY --from use for them. */
  readonly images?: ReadonlyMap<string, string> | undefined;
}

const fromLine = /^(\s*FROM\s+(?:--\S+\s+)*)(\S+)(.*)$/i;
const copyFrom = /^(\s*(?:COPY|ADD|RUN)\s.*?--(?:from|mount)=)(\S+)/i;
const heredoc = /<<-?\s*(["']?)([A-Za-z_]\w*)\1/g;

interface Line {
  readonly text: string;
  /** Whether an instruction begins here. */
  readonly begins: boolean;
}

export function changedDockerfile(text: string, changes: DockerfileChanges): string {
  const lines = linesOf(text);
  const froms = lines.flatMap((line, index) => (line.begins && fromLine.test(line.text) ? [index] : []));
  const last = froms.at(-1);
  const stages = new Set<string>();
  const result: string[] = [];
  for (const [index, { text: line, begins }] of lines.entries()) {
    const match = begins ? fromLine.exec(line) : null;
    if (match === null) {
      result.push(begins ? withImages(line, changes, stages) : line);
      continue;
    }
    const [, start = "", image = "", rest = ""] = match;
    // What an earlier stage is called is no image.
    const named = stages.has(image.toLowerCase()) ? undefined : changes.images?.get(image);
    const wanted = (index === last ? changes.from : undefined) ?? named ?? image;
    const name = /\bAS\s+(\S+)/i.exec(rest)?.[1];
    if (name !== undefined) stages.add(name.toLowerCase());
    result.push(`${start}${wanted}${rest}`, ...envLines(changes));
  }
  return result.join("\n");
}

/** Whether it has a FROM to change. */
export function hasFrom(text: string): boolean {
  return linesOf(text).some(({ text: line, begins }) => begins && fromLine.test(line));
}

function envLines({ env = [] }: DockerfileChanges): string[] {
  if (env.length === 0) return [];
  return [...env.map((name) => `ARG ${name}`), `ENV ${env.map((name) => `${name}="$${name}"`).join(" ")}`];
}

function withImages(line: string, { images }: DockerfileChanges, stages: ReadonlySet<string>): string {
  if (images === undefined) return line;
  return line.replace(copyFrom, (whole, start: string, name: string) => {
    const image = stages.has(name.toLowerCase()) ? undefined : images.get(name);
    return image === undefined ? whole : `${start}${image}`;
  });
}

/** Lines that go on, and the bodies of here-documents, begin nothing. */
function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  const waiting: string[] = [];
  let goesOn = false;
  for (const line of text.split("\n")) {
    const [end] = waiting;
    if (end !== undefined) {
      if (line.trim() === end) waiting.shift();
      lines.push({ text: line, begins: false });
      continue;
    }
    const isComment = /^\s*#/.test(line);
    lines.push({ text: line, begins: !goesOn && !isComment });
    if (isComment) continue;
    if (/^\s*(RUN|COPY|ADD)\s/i.test(line))
      waiting.push(...[...line.matchAll(heredoc)].map((match) => match[2] ?? ""));
    goesOn = /\\\s*$/.test(line) || (goesOn && line.trim() === "");
  }
  return lines;
}
