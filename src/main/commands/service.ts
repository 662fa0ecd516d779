import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError, type Command, type CommandContext } from "../../cli/command.ts";
import { messageOf } from "../../lib/errors.ts";
import { runningPlatform } from "../state.ts";
import { serviceUnit } from "../service-unit.ts";

const unitDir = "/etc/systemd/system";
/** There while systemd runs this machine. */
const systemdDir = "/run/systemd/system";
const unitName = /^[a-zA-Z0-9][-\w.@]{0,99}$/;

export const command: Command = {
  name: "service",
  group: "Platform",
  summary: "Start the platform at boot: a unit of systemd.",
  usage: "[print | install | uninstall]",
  subcommands: ["print", "install", "uninstall"],
  description:
    "print shows the unit; install writes it to /etc/systemd/system and enables it; uninstall takes it away. Stopping the\n" +
    "unit stops Nagi alone: apps go on and answer, and the next start adopts them. Settings are those of the last\n" +
    "nagi up, which the data directory remembers.",
  options: [
    {
      name: "name",
      type: "string",
      value: "NAME",
      default: "nagi",
      description: "Name of the unit, for a machine with several platforms.",
    },
  ],
  examples: [
    "nagi service",
    "nagi service install",
    "nagi service install --name nagi-test --data-dir /srv/test",
  ],
  run(context) {
    const [action = "print", ...more] = context.args;
    if (more.length > 0 || !actions.has(action))
      throw new UsageError(
        `nagi service has no action ${JSON.stringify(context.args.join(" "))}`,
        `The actions: ${[...actions.keys()].join(", ")}`,
      );
    const name = context.text("name") ?? "nagi";
    if (!unitName.test(name))
      throw new UsageError(
        `--name is ${JSON.stringify(name)}: must begin with a letter or digit, of letters, digits and -_.@`,
      );
    actions.get(action)?.(context, name);
    return Promise.resolve();
  },
};

const actions: ReadonlyMap<string, (context: CommandContext, name: string) => void> = new Map([
  ["print", (context: CommandContext) => context.terminal.print(unitOf(context).trimEnd())],
  ["install", install],
  ["uninstall", uninstall],
]);

function unitOf(context: CommandContext): string {
  const { host } = context;
  const dataDir = host.dataDir(context.text("data-dir"));
  const program = existsSync(host.program) ? realpathSync(host.program) : host.program;
  return serviceUnit({ program, dataDir });
}

function install(context: CommandContext, name: string): void {
  checkSystemd(name);
  const { terminal, host } = context;
  mkdirSync(unitDir, { recursive: true });
  writeFileSync(join(unitDir, `${name}.service`), unitOf(context), { mode: 0o644 });
  systemctl(["daemon-reload"]);
  systemctl(["enable", `${name}.service`]);
  terminal.print(`Nagi is started at boot by ${unitDir}/${name}.service.`);
  const running = runningPlatform(host.dataDir(context.text("data-dir")));
  if (running === undefined) terminal.print(`Start it now: systemctl start ${name}`);
  else
    terminal.print(
      `It runs already (pid ${running.pid}). To have systemd look after it, apps go on meanwhile: nagi down --keep-apps && systemctl start ${name}`,
    );
}

function uninstall({ terminal }: CommandContext, name: string): void {
  checkSystemd(name);
  const file = join(unitDir, `${name}.service`);
  if (!existsSync(file))
    throw new UsageError(`there is no ${file}`, "Units of Nagi: systemctl list-unit-files 'nagi*'");
  systemctl(["disable", `${name}.service`]);
  rmSync(file);
  systemctl(["daemon-reload"]);
  terminal.print(`${file} is gone: Nagi is not started at boot any more. What runs goes on.`);
}

function checkSystemd(name: string): void {
  if (process.getuid?.() !== 0)
    throw new UsageError("only root may change units of systemd", "sudo nagi service ...");
  if (!existsSync(systemdDir))
    throw new UsageError(
      "systemd does not run this machine",
      `Write the unit yourself: nagi service print > ${name}.service; or start Nagi at boot by: nagi up --no-detach`,
    );
}

function systemctl(argv: readonly string[]): void {
  try {
    execFileSync("systemctl", argv, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (cause) {
    const stderr = (cause as { readonly stderr?: string }).stderr?.trim() ?? "";
    throw new Error(`systemctl ${argv.join(" ")} fails: ${stderr === "" ? messageOf(cause) : stderr}`, {
      cause,
    });
  }
}
