import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { appOption, getApp } from "../app.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { columns } from "../format.ts";
import { rootOf } from "../source-root.ts";

export const command: Command = {
  name: "source",
  group: "Deploying",
  summary: "Show or choose which branch and directory an app is built from.",
  usage: "[--branch NAME] [--root DIR]",
  description:
    "Of a repository with several apps each one builds a directory of its own, and a push that changes nothing there\n" +
    "builds nothing. What is chosen holds from the next push on.",
  options: [
    appOption,
    {
      name: "branch",
      type: "string",
      value: "NAME",
      description: "Branch whose push deploys; an empty one stands for main or master.",
    },
    {
      name: "root",
      type: "string",
      value: "DIR",
      description: "Directory of the repository that is built; . stands for all of it.",
    },
  ],
  examples: ["nagi source", "nagi source --root apps/web", "nagi source --branch release"],
  async run(context) {
    if (context.args.length > 0)
      throw new UsageError(
        `nagi source takes no ${JSON.stringify(context.args[0])}`,
        "For instance: nagi source --root apps/web",
      );
    const found = await getApp(context);
    const branch = context.text("branch");
    const root = context.text("root");
    if (branch === undefined && root === undefined) return show(context, found);
    const client = await context.client();
    const { namespace, name = "" } = found.metadata;
    const spec = {
      ...(branch === undefined ? {} : { branch: branch === "" ? null : branch }),
      ...(root === undefined ? {} : { source: { contextDir: rootOf(root) ?? null } }),
    };
    const changed = await client.patch(appKind, { namespace, name }, { type: "merge", body: { spec } });
    show(context, changed);
    const to = changed.spec?.branch ?? "main";
    context.terminal.print(
      `Next: git push nagi ${to === "main" ? to : `${to}, or another branch: git push nagi BRANCH:${to}`}`,
    );
  },
};

function show({ terminal }: CommandContext, { metadata, spec = {} }: App): void {
  terminal.print(
    columns([
      ["App:", metadata.name ?? ""],
      ["Branch:", spec.branch ?? "main or master"],
      ["Root:", spec.source?.contextDir ?? "the whole repository"],
    ]),
  );
}
