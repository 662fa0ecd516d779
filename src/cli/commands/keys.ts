import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ageText } from "../../model/table.ts";
import { platformInfo } from "../app.ts";
import { askPlatform } from "../ask-platform.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { columns } from "../format.ts";

const usualFiles = ["id_ed25519.pub", "id_ecdsa.pub", "id_rsa.pub"];
const keysPath = "/-/keys";

interface ShownKey {
  readonly title: string;
  readonly fingerprint: string;
  readonly publicKey: string;
  readonly createdAt?: string | undefined;
}

export const command: Command = {
  name: "keys",
  group: "Deploying",
  summary: "List, add or remove your SSH keys for git push.",
  usage: "[add [FILE] | remove TITLE | host]",
  description:
    "With a key, git push works over SSH: nagi create --ssh sets such a remote, nagi info shows its address. add takes\n" +
    "the public key of FILE (- for standard input; without it the usual one in ~/.ssh). host prints the key of the\n" +
    "platform as a line for ~/.ssh/known_hosts.",
  subcommands: ["add", "remove", "host"],
  options: [
    {
      name: "title",
      type: "string",
      value: "TITLE",
      description: "What the key is called (default: its comment).",
    },
    {
      name: "output",
      short: "o",
      type: "string",
      value: "FORMAT",
      choices: ["json"],
      description: "Output format of the list.",
    },
  ],
  examples: [
    "nagi keys add",
    "nagi keys add ~/.ssh/work.pub --title work",
    "nagi keys host >> ~/.ssh/known_hosts",
    "nagi keys remove work",
  ],
  async run(context) {
    const [action, name] = context.args;
    if (action === undefined || action === "list") return await list(context);
    if (action === "add") return await add(context, name);
    if (action === "remove") return await remove(context, name);
    if (action === "host") return await host(context);
    throw new UsageError(
      `nagi keys has no action ${JSON.stringify(action)}`,
      "The actions: list, add, remove, host",
    );
  },
};

async function list(context: CommandContext): Promise<void> {
  const { items } = await askPlatform<{ readonly items: readonly ShownKey[] }>(context, {
    method: "GET",
    path: keysPath,
  });
  const { terminal } = context;
  if (context.text("output") === "json") return terminal.print(JSON.stringify(items, null, 2));
  if (items.length === 0) return terminal.note("You have no SSH keys here. Add one: nagi keys add");
  const rows = items.map(({ title, publicKey, fingerprint, createdAt }) => [
    title,
    publicKey.split(" ")[0] ?? "",
    fingerprint,
    ageText(createdAt, Date.now()),
  ]);
  terminal.print(columns([["TITLE", "TYPE", "FINGERPRINT", "AGE"], ...rows]));
}

async function add(context: CommandContext, file: string | undefined): Promise<void> {
  const body = { publicKey: await readKey(context, file), title: context.text("title") };
  const added = await askPlatform<ShownKey>(context, { method: "POST", path: keysPath, body });
  const { terminal } = context;
  terminal.print(`Added the key ${added.title} (${added.fingerprint})`);
  const { sshUrl } = await platformInfo(await context.client());
  if (sshUrl !== undefined) terminal.print(`Next: git remote set-url nagi ${sshUrl}/APP.git`);
}

async function readKey(context: CommandContext, file: string | undefined): Promise<string> {
  const { host, terminal } = context;
  if (file === "-") return await terminal.readInput();
  if (file !== undefined) {
    const text = readIfThere(resolve(host.cwd, file));
    if (text !== undefined) return text;
    throw new UsageError(`there is no file ${file}`, "Make a key: ssh-keygen -t ed25519");
  }
  const texts = usualFiles.map((name) => readIfThere(join(host.home, ".ssh", name)));
  const text = texts.find((each) => each !== undefined);
  if (text !== undefined) return text;
  throw new UsageError(
    `there is no key in ${join(host.home, ".ssh")}: looked for ${usualFiles.join(", ")}`,
    "Make one: ssh-keygen -t ed25519. Or name its file: nagi keys add FILE",
  );
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new UsageError(`cannot read ${file}: ${(error as Error).message}`);
  }
}

async function remove(context: CommandContext, name: string | undefined): Promise<void> {
  if (name === undefined) throw new UsageError("nagi keys remove needs the title of a key", "See: nagi keys");
  const path = `${keysPath}/${encodeURIComponent(name)}`;
  const removed = await askPlatform<ShownKey>(context, { method: "DELETE", path });
  context.terminal.print(`Removed the key ${removed.title} (${removed.fingerprint})`);
}

async function host(context: CommandContext): Promise<void> {
  const { sshUrl, sshHostKey } = await platformInfo(await context.client());
  if (sshUrl === undefined || sshHostKey === undefined)
    throw new UsageError("this platform does not serve git over SSH", "Push over HTTP: nagi info APP");
  const { hostname, port } = new URL(sshUrl);
  context.terminal.print(`[${hostname}]:${port} ${sshHostKey}`);
}
