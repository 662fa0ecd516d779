import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { currentItem } from "../../model/kinds/image/tag-items.ts";
import { appOption, getApp } from "../app.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { findStream, shortDigest, tagNamed } from "../images/image-streams.ts";
import { followRelease } from "../releases/release-progress.ts";

export const command: Command = {
  name: "follow",
  group: "Deploying",
  summary: "Let an app follow a tag: each time it moves, its image is released.",
  usage: "[APP] STREAM:TAG | [APP] --off",
  description:
    "The tag moves by nagi tag, by a push to the registry, by a build or by an import. While an app follows a tag,\n" +
    "builds of its own do not release; --off lets it keep what it runs and release builds again.",
  options: [
    appOption,
    { name: "off", type: "boolean", description: "Follow no more." },
    { name: "port", type: "number", value: "PORT", description: "Port that the web process listens on." },
    { name: "no-wait", type: "boolean", description: "Do not wait for the release." },
  ],
  examples: ["nagi follow shop-prod shop:prod", "nagi follow shop-prod --off"],
  async run(context) {
    const off = context.flag("off");
    const words = off ? 1 : 2;
    if (context.args.length > words)
      throw new UsageError("nagi follow takes an app and a tag", "For instance: nagi follow shop shop:prod");
    const tagWord = off ? undefined : context.args.at(-1);
    if (!off && tagWord === undefined)
      throw new UsageError("nagi follow needs a tag", "The tags there are: nagi images");
    const named = off ? context.args[0] : context.args.length === 2 ? context.args[0] : undefined;
    const found = await getApp(context, named);
    return tagWord === undefined ? await unfollow(context, found) : await follow(context, found, tagWord);
  },
};

async function follow(context: CommandContext, found: App, word: string): Promise<number> {
  const client = await context.client();
  const { namespace = "default", name = "" } = found.metadata;
  const tag = tagNamed(word, namespace);
  if (tag.namespace !== namespace)
    throw new UsageError(
      `${word} is in namespace ${tag.namespace}: an app follows tags of its own namespace, ${namespace}`,
    );
  const item = currentItem(await findStream(client, tag), tag.tag);
  const imageStreamTag = `${tag.stream}:${tag.tag}`;
  const spec = { imageStreamTag, port: context.number("port") };
  await client.patch(appKind, { namespace, name }, { type: "merge", body: { spec } });
  if (item === undefined) {
    context.terminal.print(
      `${name} follows ${imageStreamTag}, which points nowhere yet: it is released once an image is pushed or tagged there`,
    );
    return 0;
  }
  context.terminal.print(`${name} follows ${imageStreamTag}, now at ${shortDigest(item.image)}`);
  return context.flag("no-wait") ? 0 : await followRelease(context, found);
}

/** What runs stays, as the image that the app asks for, until a build or another image comes. */
async function unfollow(context: CommandContext, { metadata, spec }: App): Promise<number> {
  const { namespace = "default", name = "" } = metadata;
  if (spec?.imageStreamTag === undefined) {
    context.terminal.print(`${name} follows no tag`);
    return 0;
  }
  const client = await context.client();
  const tag = tagNamed(spec.imageStreamTag, namespace);
  const item = currentItem(await findStream(client, tag), tag.tag);
  const image = item?.dockerImageReference ?? null;
  const body = { spec: { imageStreamTag: null, image } };
  await client.patch(appKind, { namespace, name }, { type: "merge", body });
  context.terminal.print(`${name} follows ${spec.imageStreamTag} no more, and keeps what it runs`);
  return 0;
}
