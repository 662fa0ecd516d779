import type { Client } from "../../client/client.ts";
import { findCondition } from "../../model/conditions.ts";
import { build } from "../../model/kinds/build/build/build.ts";
import { imageStream, type ImageStream } from "../../model/kinds/image/imagestream/imagestream.ts";
import type { TagHistory } from "../../model/kinds/image/tag-items.ts";
import { app } from "../../model/kinds/nagi/app/app.ts";
import { release } from "../../model/kinds/nagi/release/release.ts";
import { ageText } from "../../model/table.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { columns } from "../format.ts";
import { showGraph } from "../images/show-graph.ts";
import { pruneImages, pruneOptions, showRetention } from "../images/prune.ts";
import { outputOption } from "../manifests.ts";
import { findStream, itemNamed, originOf, shortDigest, tagNamed } from "../images/image-streams.ts";

export const command: Command = {
  name: "images",
  group: "Deploying",
  summary: "Show image streams: tags, where they point and pointed, and who follows them.",
  usage: "[history STREAM:TAG | graph [NAME] | prune [STREAM] | retention [NAME=VALUE...]]",
  subcommands: ["history", "graph", "prune", "retention"],
  description:
    "A tag is a branch of images: it points at one image, moves, and remembers where it was. Builds move it, so do\n" +
    "pushes to the registry, nagi tag and imports; an app that follows it is released each time.\n" +
    "graph draws who follows whom, of one stream or app or of all there are; --svg makes a picture of it.\n" +
    "prune shows which images go and why each other one stays, and with --confirm removes them; that happens by itself\n" +
    "too, as retention says.",
  options: [
    ...pruneOptions,
    outputOption(["svg"]),
    { name: "svg", type: "boolean", description: "With graph: as a picture, on standard output." },
  ],
  examples: [
    "nagi images",
    "nagi images history shop:prod",
    "nagi images graph",
    "nagi images graph shop --svg > shop.svg",
    "nagi images prune shop",
    "nagi images prune -A --confirm",
    "nagi images retention keepTagRevisions=3 everyHours=6",
  ],
  async run(context) {
    const [action, word, ...more] = context.args;
    const client = await context.client();
    if (action === undefined) return await listTags(context, client);
    const words = word === undefined ? [] : [word, ...more];
    if (action === "graph") return await showGraph(context, words);
    if (action === "prune") return await pruneImages(context, words);
    if (action === "retention") return await showRetention(context, words);
    if (action === "history") {
      if (word === undefined)
        throw new UsageError("nagi images history needs a tag", "The tags there are: nagi images");
      return await showHistory(context, client, word);
    }
    throw new UsageError(
      `nagi images has no action ${JSON.stringify(action)}`,
      "The actions: history, graph, prune, retention",
    );
  },
};

async function listTags(context: CommandContext, client: Client): Promise<void> {
  const namespace = await context.namespace();
  const [streams, builds, apps] = await Promise.all([
    client.list(imageStream, { namespace }),
    client.list(build, { namespace }),
    client.list(app, { namespace }),
  ]);
  const nowMs = Date.now();
  const rows = streams.items.flatMap((stream) =>
    tagsOf(stream).map((list) => {
      const name = `${stream.metadata.name}:${list.tag}`;
      const followers = apps.items.filter(({ spec }) => spec?.imageStreamTag === name);
      const [item] = list.items;
      const spec = stream.spec?.tags?.find((each) => each.name === list.tag);
      const problem = findCondition(list.conditions, "ImportSuccess");
      const from = item === undefined ? "" : originOf(spec, item, builds.items);
      return [
        name,
        item === undefined ? "<none>" : shortDigest(item.image),
        item === undefined ? "" : `${ageText(item.created, nowMs)} ago`,
        followers.map(({ metadata }) => metadata.name).join(",") || "-",
        problem?.status === "False" ? `import fails: ${problem.message ?? ""}` : from,
      ];
    }),
  );
  if (rows.length === 0)
    context.terminal.note(
      "No images yet. A build makes them: git push nagi main. Or push one: nagi registry info",
    );
  else context.terminal.print(columns([["TAG", "IMAGE", "MOVED", "FOLLOWED BY", "FROM"], ...rows]));
}

/** Those that point somewhere, and those that only should. */
function tagsOf({ spec, status }: ImageStream): TagHistory[] {
  const known = status?.tags ?? [];
  const wanted = (spec?.tags ?? []).filter(({ name }) => !known.some(({ tag }) => tag === name));
  const pointing = known.filter(
    ({ tag, items }) => items.length > 0 || (spec?.tags ?? []).some(({ name }) => name === tag),
  );
  return [...pointing, ...wanted.map(({ name }) => ({ tag: name, items: [] }))];
}

async function showHistory(context: CommandContext, client: Client, word: string): Promise<void> {
  const place = tagNamed(word, await context.namespace());
  await itemNamed(client, place);
  const { namespace } = place;
  const [stream, builds, releases] = await Promise.all([
    findStream(client, place),
    client.list(build, { namespace }),
    client.list(release, { namespace }),
  ]);
  const list = stream?.status?.tags?.find(({ tag }) => tag === place.tag);
  const spec = stream?.spec?.tags?.find(({ name }) => name === place.tag);
  const nowMs = Date.now();
  const rows = (list?.items ?? []).map((item, index) => {
    const users = releases.items.filter(
      ({ spec: made }) =>
        item.image !== "" && (made.imageDigest === item.image || made.image.endsWith(`@${item.image}`)),
    );
    return [
      index === 0 ? "*" : "",
      shortDigest(item.image),
      `${ageText(item.created, nowMs)} ago`,
      originOf(spec, item, builds.items),
      users
        .map(
          ({ spec: made, status }) =>
            `${made.app} v${made.version}${status?.phase === "Live" ? " (live)" : ""}`,
        )
        .join(", ") || "-",
    ];
  });
  context.terminal.print(columns([["", "IMAGE", "SINCE", "FROM", "RELEASES"], ...rows]));
}
