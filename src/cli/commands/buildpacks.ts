import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { shownGitUrl } from "../../lib/git/git-url.ts";
import { checkBuildpack } from "../../model/kinds/nagi/buildpack-url.ts";
import { appOption, getApp } from "../app.ts";
import { changedBuildpacks, type BuildpackChange } from "../buildpack-list.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";

const actions = ["list", "add", "set", "remove", "clear"] as const;
type Action = (typeof actions)[number];

export const command: Command = {
  name: "buildpacks",
  group: "Deploying",
  summary: "List or change the Heroku-style buildpacks that build an app.",
  usage: "[APP] | add URL | set URL | remove [URL] | clear",
  description:
    "A buildpack is named by the address of its git repository (#REF for a branch, tag or commit) or archive (.tgz,\n" +
    ".tar.gz, .tar), by a directory of the source, or, as heroku/NAME, from Heroku's registry. add puts it last, set in\n" +
    "the place of the first one; --index chooses another place, the first being 1. Buildpacks build from the next push on.",
  subcommands: [...actions],
  options: [
    appOption,
    { name: "index", short: "i", type: "number", value: "N", description: "Place in the order, from 1." },
  ],
  examples: [
    "nagi buildpacks",
    "nagi buildpacks add https://git.example.com/packs/tools.git#v2 --index 1",
    "nagi buildpacks set buildpacks/own",
    "nagi buildpacks remove --index 2",
    "nagi buildpacks clear",
  ],
  async run(context) {
    const [word, url, more] = context.args;
    const action = actions.find((each) => each === word);
    if (action === undefined || action === "list") {
      if (more !== undefined || (action === undefined && url !== undefined)) throw unknownAction(word);
      return list(context, await getApp(context, action === undefined ? word : url));
    }
    const isWithout = action === "clear" || (action === "remove" && context.number("index") !== undefined);
    if (more !== undefined || (isWithout && url !== undefined))
      throw new UsageError(`nagi buildpacks ${action} takes no ${JSON.stringify(more ?? url)}`);
    if (!isWithout && url === undefined)
      throw new UsageError(
        `nagi buildpacks ${action} needs the address of a buildpack${action === "remove" ? " or --index" : ""}`,
        `For instance: nagi buildpacks ${action} https://git.example.com/packs/tools.git`,
      );
    await change(context, action, url);
  },
};

function unknownAction(word: string | undefined): UsageError {
  return new UsageError(
    `nagi buildpacks has no action ${JSON.stringify(word)}`,
    `The actions: ${actions.join(", ")}`,
  );
}

async function change(
  context: CommandContext,
  action: Exclude<Action, "list">,
  url: string | undefined,
): Promise<void> {
  const problem = url === undefined || action === "remove" ? undefined : checkBuildpack(url);
  if (problem !== undefined)
    throw new UsageError(`the buildpack ${JSON.stringify(shownGitUrl(url ?? ""))} ${problem}`);
  const found = await getApp(context);
  const before = found.spec?.buildpacks?.map((each) => each.url) ?? [];
  const asked: BuildpackChange = { action, url, index: context.number("index") };
  const changed = changedBuildpacks(before, asked);
  if (!changed.ok)
    throw new UsageError(changed.message, `Those there are: nagi buildpacks ${found.metadata.name}`);
  const { namespace, name = "", resourceVersion } = found.metadata;
  const body = {
    // Two who change the list at once: the second one is told.
    metadata: { resourceVersion: resourceVersion ?? null },
    spec: { buildpacks: changed.urls.map((each) => ({ url: each })) },
  };
  const client = await context.client();
  const written = await client.patch(appKind, { namespace, name }, { type: "merge", body });
  list(context, written);
  if (written.spec?.source?.builder !== undefined)
    context.terminal.note(
      `${name} is built by ${written.spec.source.builder.image}, not by buildpacks: nagi source --builder "" --app ${name}`,
    );
  else context.terminal.print("Next: git push nagi main builds the app this way.");
}

function list({ terminal }: CommandContext, { metadata, spec }: App): void {
  const urls = spec?.buildpacks?.map(({ url }) => shownGitUrl(url)) ?? [];
  if (urls.length > 0) {
    terminal.print(`Buildpacks of ${metadata.name}:`);
    for (const [index, url] of urls.entries()) terminal.print(`${index + 1}. ${url}`);
    return;
  }
  const others =
    spec?.buildpacks === undefined
      ? "unless its .buildpacks or app.json names some, it is built by what is found in its source"
      : "unless its .buildpacks names some, it is built by what is found in its source";
  terminal.print(`${metadata.name} has no buildpacks: ${others}`);
}
