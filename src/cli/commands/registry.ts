import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { encodeText } from "../../lib/base64.ts";
import { platformInfo } from "../app.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { connectionToken } from "../connect.ts";

interface AuthFile {
  readonly auths?: Readonly<Record<string, { readonly auth?: string }>>;
}

export const command: Command = {
  name: "registry",
  group: "Platform",
  summary: "Say where the image registry is, and log container programs in to it.",
  usage: "info | login | logout",
  subcommands: ["info", "login", "logout"],
  description:
    "login writes your API token for the registry into the file that docker, podman and skopeo read\n" +
    "(~/.docker/config.json unless --authfile says otherwise). What you may push and pull is what you may do with\n" +
    "the image streams of a namespace. By hand: docker login REGISTRY, any user name, the API token as the password.",
  options: [
    {
      name: "authfile",
      type: "string",
      value: "FILE",
      description: "File of credentials that is written (default: ~/.docker/config.json).",
    },
  ],
  examples: ["nagi registry info", "nagi registry login"],
  async run(context) {
    const [action] = context.args;
    const client = await context.client();
    const { registry } = await platformInfo(client);
    if (action === "info" || action === undefined) return printInfo(context, registry);
    if (action !== "login" && action !== "logout")
      throw new UsageError(
        `nagi registry has no action ${JSON.stringify(action)}`,
        "The actions: info, login, logout",
      );
    const token = action === "login" ? await connectionToken(context) : undefined;
    const file = authFileOf(context);
    writeAuth(file, registry, token);
    context.terminal.print(
      token === undefined ? `Logged out of ${registry}: ${file}` : `Logged in to ${registry}: ${file}`,
    );
  },
};

async function printInfo(context: CommandContext, registry: string): Promise<void> {
  const namespace = await context.namespace();
  const { terminal } = context;
  terminal.print(`Registry     ${registry} (plain HTTP, on this machine only)`);
  terminal.print(`Repository   ${registry}/${namespace}/STREAM:TAG`);
  terminal.print(`Log in       nagi registry login`);
  terminal.print(`docker       docker push ${registry}/${namespace}/app:prod`);
  terminal.print(`podman       podman push --tls-verify=false ${registry}/${namespace}/app:prod`);
  terminal.print(
    `skopeo       skopeo copy --dest-tls-verify=false docker://IMAGE docker://${registry}/${namespace}/app:prod`,
  );
}

function authFileOf(context: CommandContext): string {
  const { host } = context;
  const given = context.text("authfile");
  if (given !== undefined) return resolve(host.cwd, given);
  return join(host.env["DOCKER_CONFIG"] ?? join(host.home, ".docker"), "config.json");
}

/** Keeps whatever else is in the file. */
function writeAuth(file: string, registry: string, token: string | undefined): void {
  const present = readAuthFile(file);
  const { [registry]: _own, ...others } = present.auths ?? {};
  const auth = encodeText(`nagi:${token}`);
  const auths = token === undefined ? others : { ...others, [registry]: { auth } };
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const fresh = `${file}.nagi`;
  writeFileSync(fresh, `${JSON.stringify({ ...present, auths }, null, 2)}\n`, { mode: 0o600 });
  renameSync(fresh, file);
}

function readAuthFile(file: string): AuthFile {
  if (!existsSync(file)) return {};
  try {
    return JSON.parse(readFileSync(file, "utf8")) as AuthFile;
  } catch (error) {
    throw new UsageError(
      `cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`,
      "Repair it, or name another: --authfile FILE",
    );
  }
}
