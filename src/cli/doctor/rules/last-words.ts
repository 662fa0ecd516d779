/** What the last lines of a program that ended, and its exit code, say to whoever has seen many of them. */

export interface LastWords {
  readonly text: string;
  readonly next: readonly string[];
  /** Index of the line that says so. */
  readonly at?: number | undefined;
}

interface Sign {
  readonly pattern: RegExp;
  readonly say: (found: string) => LastWords;
}

const signs: readonly Sign[] = [
  {
    pattern: /Cannot find (?:module|package) '([^'.][^']*)'/,
    say: (name) => ({
      text: `the module ${name} is not installed`,
      next: [`add ${name} to the dependencies (not devDependencies) in package.json, and push`],
    }),
  },
  {
    pattern: /ModuleNotFoundError: No module named '([^']+)'/,
    say: (name) => ({
      text: `the module ${name} is not installed`,
      next: [`add ${name} to requirements.txt or pyproject.toml, and push`],
    }),
  },
  {
    pattern: /cannot load such file -- (\S+)/,
    say: (name) => ({
      text: `the gem or file ${name} is not there`,
      next: [`add it to the Gemfile, and push`],
    }),
  },
  {
    pattern: /(?:KeyError: '|key not found: "|[Ee]nvironment variable "?)([A-Z][A-Z0-9_]+)/,
    say: (name) => ({
      text: `it asks for the config var ${name}, which is not set`,
      next: [`nagi config set ${name}=VALUE`],
    }),
  },
  {
    pattern: /(?:ECONNREFUSED|[Cc]onnection refused)\D*([\d.:[\]a-f]*)/,
    say: (address) => ({
      text: `it cannot connect to ${address === "" ? "a server that it needs" : address}`,
      next: ["check the address in the app's config: nagi config", "nagi get pods,services"],
    }),
  },
  {
    pattern: /(?:ENOTFOUND|[Nn]ame or service not known|could not translate host name)\W*([\w.-]*)/,
    say: (name) => ({
      text: `it asks for the host ${name === "" ? "of a server" : name}, which does not exist`,
      next: ["check the address in the app's config: nagi config"],
    }),
  },
  {
    pattern: /(?:EADDRINUSE|[Aa]ddress already in use)\D*(\d*)/,
    say: (port) => ({
      text: `two of its programs listen on the same port${port === "" ? "" : ` (${port})`}`,
      next: ["start only one server a process type, on the port in PORT"],
    }),
  },
  {
    pattern: /(heap out of memory|MemoryError|OutOfMemoryError)/,
    say: () => ({
      text: "it ran out of the memory that its language allows it",
      next: ["give it more memory, or find what holds it"],
    }),
  },
];

const codes: Readonly<Record<number, LastWords>> = {
  0: {
    text: "it ended without an error: a process type must go on running",
    next: ["keep it running in the foreground, or run it as a job: nagi run COMMAND"],
  },
  126: { text: "its command may not be executed", next: ["git update-index --chmod=+x FILE, and push"] },
  127: {
    text: "its command does not exist in the image",
    next: ["mend the command in the Procfile, or add the program to the image"],
  },
  132: { text: "it was built for another processor", next: ["build the image for this machine"] },
  137: {
    text: "it was killed (SIGKILL): by the kernel for its memory, or since it did not stop in time",
    next: ["give it more memory"],
  },
  139: { text: "it read memory that is not its own (SIGSEGV): a fault in native code", next: [] },
  143: { text: "it was asked to stop (SIGTERM)", next: [] },
};

export function readLastWords(lines: readonly string[], exitCode: number | undefined): LastWords | undefined {
  // The last that matches says most: what comes before is often only a consequence that was survived.
  for (let at = lines.length - 1; at >= 0; at--) {
    for (const { pattern, say } of signs) {
      const match = pattern.exec(lines[at] ?? "");
      if (match !== null) return { ...say((match[1] ?? "").replace(/[:.]+$/, "")), at };
    }
  }
  return exitCode === undefined ? undefined : codes[exitCode];
}
