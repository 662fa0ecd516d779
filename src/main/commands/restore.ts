import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { UsageError, type Command, type CommandContext, type Option } from "../../cli/command.ts";
import { BackupError } from "../backup/archive-reader.ts";
import { restoreBackup, stagingName, type Restored } from "../backup/restore-backup.ts";
import { runningPlatform } from "../state.ts";

const portFlags = {
  httpPort: "http-port",
  httpsPort: "https-port",
  apiPort: "api-port",
  registryPort: "registry-port",
  sshPort: "ssh-port",
} as const;
const uses = {
  httpPort: "apps",
  httpsPort: "apps over HTTPS",
  apiPort: "the Kubernetes API",
  registryPort: "the registry",
  sshPort: "git over SSH",
};

const options: readonly Option[] = Object.entries(portFlags).map(([name, flag]) => ({
  name: flag,
  type: "number",
  value: "PORT",
  description: `Where ${uses[name as keyof typeof uses]} will answer (default: as before, or another that is free).`,
}));

export const command: Command = {
  name: "restore",
  group: "Platform",
  summary: "Make a platform of a backup, on this machine or another one.",
  usage: "FILE|-",
  description:
    "The data directory must be missing or empty. The backup is read to its end and checked before anything gets its\n" +
    "place; then nagi up starts the platform as it was: apps, releases, secrets, users, repositories, volumes.",
  options,
  examples: [
    "nagi restore platform.tar.zst && nagi up --detach",
    "nagi restore platform.tar.zst --data-dir /srv/copy --http-port 9080",
  ],
  async run(context) {
    const [file, ...more] = context.args;
    if (file === undefined || more.length > 0)
      throw new UsageError("nagi restore takes one backup", "nagi restore FILE, or - for standard input");
    const dataDir = context.host.dataDir(context.text("data-dir"));
    await checkEmpty(dataDir);
    const restored = await restore(context, file, dataDir);
    context.terminal.progressDone();
    print(context, restored, dataDir);
  },
};

async function checkEmpty(dataDir: string): Promise<void> {
  const running = runningPlatform(dataDir);
  const names = await readdir(dataDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  if (names.every((name) => name === stagingName)) return;
  throw new UsageError(
    running === undefined
      ? `${dataDir} is not empty: a restore would mix two platforms`
      : `a platform runs in ${dataDir} (pid ${running.pid})`,
    "Restore into another directory: nagi restore FILE --data-dir DIR. To replace this one: nagi down, then move it away",
  );
}

async function restore(context: CommandContext, file: string, dataDir: string): Promise<Restored> {
  const path = file === "-" ? "standard input" : resolve(context.host.cwd, file);
  if (file !== "-" && (await stat(path).catch(() => undefined))?.isFile() !== true)
    throw new UsageError(`there is no file ${path}`, "Give the path of a backup");
  const input = file === "-" ? process.stdin : createReadStream(path);
  const ports = Object.fromEntries(
    Object.entries(portFlags).flatMap(([name, flag]) => {
      const port = context.number(flag);
      if (port === undefined) return [];
      if (!Number.isInteger(port) || port < 1 || port > 65_535)
        throw new UsageError(`--${flag} is ${port}: must be a whole number from 1 to 65535`);
      return [[name, port]];
    }),
  );
  const onProgress = (text: string): void => context.terminal.progress(text);
  try {
    const { signal } = context;
    return await restoreBackup({ input, name: path, dataDir, ports, signal, onProgress });
  } catch (error) {
    context.terminal.progressDone();
    if (error instanceof BackupError)
      throw new UsageError(`${error.message}. Nothing was restored`, "Restore from another backup");
    throw error;
  }
}

function print({ terminal }: CommandContext, { origin, manifest, ports }: Restored, dataDir: string): void {
  const { createdAt, host } = origin;
  terminal.print(
    `Restored ${Object.keys(manifest.files).length} files to ${dataDir}, as they were at ${createdAt} on ${host}.`,
  );
  for (const [name, use] of Object.entries(uses) as [keyof typeof uses, string][])
    if (ports[name] !== origin.settings[name])
      terminal.print(`Port of ${use}: ${ports[name]} (was ${origin.settings[name]})`);
  terminal.print(`Next: nagi up --detach --data-dir ${dataDir}`);
}
