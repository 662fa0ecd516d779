import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { request } from "node:http";
import { join, resolve } from "node:path";
import type { Client } from "../../client/client.ts";
import { newObject } from "../../model/kind.ts";
import { build, type Build } from "../../model/kinds/build/build/build.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { appOption, getApp, platformInfo } from "../app.ts";
import { reasonIn } from "../ask-platform.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { connectionToken } from "../connect.ts";
import { writeStream } from "../output.ts";
import { followRelease } from "../release-progress.ts";
import { pause, pollMs } from "../wait.ts";

export const command: Command = {
  name: "deploy",
  group: "Deploying",
  summary: "Deploy a directory or an image, without git.",
  usage: "[--dir DIR | --image IMAGE]",
  description:
    "A directory is packed (without .git and what .gitignore names, where git is there), sent and built as a push\n" +
    "is. An image is run as it is; name the port that it listens on unless it is 8080.",
  options: [
    appOption,
    { name: "dir", type: "string", value: "DIR", description: "The app's source (default: this directory)." },
    {
      name: "image",
      type: "string",
      value: "IMAGE",
      description: "An image that the container engine has or can pull.",
    },
    { name: "port", type: "number", value: "PORT", description: "Port that the web process listens on." },
    { name: "no-wait", type: "boolean", description: "Do not wait for the release." },
  ],
  examples: ["nagi deploy --app shop", "nagi deploy --app web --image nginx:1.27 --port 80"],
  async run(context) {
    const found = await getApp(context);
    const image = context.text("image");
    if (image !== undefined && context.text("dir") !== undefined)
      throw new UsageError("nagi deploy takes --dir or --image, not both");
    return image === undefined
      ? await deployFolder(context, found)
      : await deployImage(context, found, image);
  },
};

async function deployImage(context: CommandContext, found: App, image: string): Promise<number> {
  const client = await context.client();
  const { namespace, name = "" } = found.metadata;
  const port = context.number("port");
  if (found.spec?.image === image && (port === undefined || found.spec.port === port)) {
    context.terminal.print(`${name} runs ${image} already`);
    return 0;
  }
  await client.patch(appKind, { namespace, name }, { type: "merge", body: { spec: { image, port } } });
  return context.flag("no-wait") ? 0 : await followRelease(context, found);
}

async function deployFolder(context: CommandContext, found: App): Promise<number> {
  const { namespace, name = "" } = found.metadata;
  const folder = resolve(context.host.cwd, context.text("dir") ?? ".");
  if (!existsSync(folder)) throw new UsageError(`--dir is ${folder}: there is no such directory`);
  const client = await context.client();
  context.terminal.progress(`Sending ${folder}`);
  const source = await sendSource(context, client, folder);
  context.terminal.progressDone();
  const metadata = { generateName: `${name}-`, namespace, labels: { "nagi.dev/app": name } };
  const made = await client.create(
    build,
    newObject<Build>(build, metadata, {
      spec: {
        source: { type: "Binary", binary: { asFile: source } },
        strategy: { type: "Nagi" },
        output: { to: { kind: "ImageStreamTag", name: `${name}:latest` } },
      },
    }),
  );
  const ref = { namespace, name: made.metadata.name ?? "" };
  await writeStream(context.terminal, client.log(build, ref, { follow: true, signal: context.signal }));
  for (;;) {
    const { status } = await client.get(build, ref);
    if (status?.phase === "Complete") break;
    if (status?.phase === "Failed" || status?.phase === "Error" || status?.phase === "Cancelled") {
      context.terminal.note(
        `Build ${ref.name} ${status.phase.toLowerCase()}: ${status.message ?? status.reason ?? ""}`,
      );
      return 1;
    }
    await pause(pollMs, context.signal);
  }
  return context.flag("no-wait") ? 0 : await followRelease(context, found);
}

/** Packs the folder and posts it to the platform; resolves with the id in the source store. */
async function sendSource(context: CommandContext, client: Client, folder: string): Promise<string> {
  const info = await platformInfo(client);
  const listed = await context.host.capture("git", [
    "-C",
    folder,
    "ls-files",
    "-z",
    "-co",
    "--exclude-standard",
  ]);
  const names = listed?.split("\0").filter((file) => file !== "" && existsSync(join(folder, file)));
  const selection = names === undefined ? ["--exclude=./.git", "."] : ["--null", "--files-from=-"];
  const tar = spawn("tar", ["-C", folder, "-c", ...selection], { stdio: ["pipe", "pipe", "inherit"] });
  tar.stdin.end(names === undefined ? "" : names.join("\0"));
  const packed = new Promise<void>((done, fail) => {
    tar.on("error", (cause) => fail(new Error("cannot run tar", { cause })));
    tar.on("close", (code) =>
      code === 0 ? done() : fail(new Error(`cannot pack ${folder}: tar exits with ${code}`)),
    );
  });
  const token = await connectionToken(context);
  const answer = new Promise<string>((done, fail) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/x-tar" };
    const post = request(
      `${info.httpUrl}/sources`,
      { method: "POST", headers, signal: context.signal },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("error", fail);
        response.on("end", () => {
          if (response.statusCode === 200 || response.statusCode === 201) done(text);
          else fail(new Error(`cannot send the source: ${reasonIn(text)} (${response.statusCode})`));
        });
      },
    );
    post.on("error", (cause) => fail(new Error(`cannot reach ${info.httpUrl}`, { cause })));
    tar.stdout.pipe(post);
  });
  const [text] = await Promise.all([answer, packed]);
  return (JSON.parse(text) as { readonly id: string }).id;
}
