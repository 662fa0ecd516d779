import type { Client } from "../../client/client.ts";
import { newObject } from "../../model/kind.ts";
import { imageStream, type ImageStream } from "../../model/kinds/image/imagestream/imagestream.ts";
import type { SpecTag } from "../../model/kinds/image/tag-items.ts";
import { isStatus } from "../../model/status.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import {
  changeStream,
  findStream,
  itemNamed,
  shortDigest,
  tagNamed,
  withoutSpecTag,
  withSpecTag,
  type PlacedTag,
} from "../images/image-streams.ts";
import { waitForTag } from "../images/tag-progress.ts";

interface Source extends Pick<SpecTag, "reference" | "importPolicy"> {
  readonly from: NonNullable<SpecTag["from"]>;
}

export const command: Command = {
  name: "tag",
  group: "Deploying",
  summary: "Point a tag at the image of another tag, or at an image from outside.",
  usage: "SOURCE TARGET... | -d TAG...",
  description:
    "A tag is a branch of images. `nagi tag app:latest app:prod` moves app:prod to where app:latest points now;\n" +
    "apps that follow app:prod are released. With --alias the target follows the source from then on. SOURCE may\n" +
    "also be STREAM@sha256:..., or an image of another registry, which is copied here.",
  options: [
    { name: "alias", type: "boolean", description: "The target moves whenever the source does." },
    {
      name: "delete",
      short: "d",
      type: "boolean",
      description: "Delete the tags; the images stay until they are pruned.",
    },
    {
      name: "source",
      type: "string",
      value: "KIND",
      choices: ["istag", "isimage", "docker"],
      description: "What SOURCE is (default: it is found out).",
    },
    {
      name: "reference",
      type: "boolean",
      description: "Only name the image of another registry, without a copy.",
    },
    { name: "scheduled", type: "boolean", description: "Import the image again from time to time." },
    {
      name: "every",
      type: "number",
      value: "SECONDS",
      description: "How often a scheduled import looks (default: 900).",
    },
    { name: "insecure", type: "boolean", description: "The other registry may be without TLS." },
    { name: "no-wait", type: "boolean", description: "Do not wait until the tag has moved." },
  ],
  examples: [
    "nagi tag shop:latest shop:prod",
    "nagi tag --alias shop:latest shop:staging",
    "nagi tag --source docker registry.example.com/team/base:1 base:1 --scheduled",
    "nagi tag -d shop:old",
  ],
  async run(context) {
    const client = await context.client();
    const namespace = await context.namespace();
    if (context.flag("delete")) {
      if (context.args.length === 0)
        throw new UsageError("nagi tag -d needs the tags to delete", "For instance: nagi tag -d shop:old");
      for (const word of context.args) await deleteTag(context, client, tagNamed(word, namespace));
      return;
    }
    const [word, ...targets] = context.args;
    if (word === undefined || targets.length === 0)
      throw new UsageError(
        "nagi tag needs a source and a target",
        "For instance: nagi tag shop:latest shop:prod",
      );
    const source = await sourceNamed(context, client, { word, namespace });
    for (const target of targets)
      await moveTag(context, client, { word, source, target: tagNamed(target, namespace) });
  },
};

/** As the kind says that was given; else a tag or an image of a stream when there is one, else an image outside. */
async function sourceNamed(
  context: CommandContext,
  client: Client,
  { word, namespace }: { readonly word: string; readonly namespace: string },
): Promise<Source> {
  const kind = context.text("source");
  const isImage = /^[a-z0-9./-]+@sha256:[0-9a-f]{64}$/.test(word);
  const [first = ""] = word.split("/");
  const looksOutside =
    word.split("/").length > 2 || /[.:]/.test(first.slice(0, word.includes("/") ? undefined : 0));
  if (kind === "docker" || (kind === undefined && looksOutside)) return outsideSource(context, word);
  if (context.flag("scheduled") || context.flag("reference") || context.flag("insecure"))
    throw new UsageError(
      "--scheduled, --reference and --insecure are for images of other registries",
      "Say so: --source docker. A tag that follows another is: --alias",
    );
  if (kind === "isimage" || (kind === undefined && isImage)) {
    const name = word.slice(word.indexOf("/") + 1);
    return { from: { kind: "ImageStreamImage", name, ...placeOf(word, namespace) } };
  }
  const tag = tagNamed(word, namespace);
  const item = await itemNamed(client, tag);
  const other = tag.namespace === namespace ? {} : { namespace: tag.namespace };
  if (context.flag("alias"))
    return { from: { kind: "ImageStreamTag", name: `${tag.stream}:${tag.tag}`, ...other } };
  if (item.image === "")
    return { from: { kind: "DockerImage", name: item.dockerImageReference }, reference: true };
  return { from: { kind: "ImageStreamImage", name: `${tag.stream}@${item.image}`, ...other } };
}

function placeOf(word: string, namespace: string): { namespace?: string } {
  const place = word.includes("/") ? (word.split("/")[0] ?? "") : namespace;
  return place === namespace ? {} : { namespace: place };
}

function outsideSource(context: CommandContext, name: string): Source {
  if (context.flag("alias"))
    throw new UsageError("--alias follows a tag of a stream", "To follow another registry: --scheduled");
  const intervalSeconds = context.number("every");
  return {
    from: { kind: "DockerImage", name },
    ...(context.flag("reference") ? { reference: true } : {}),
    importPolicy: {
      ...(context.flag("insecure") ? { insecure: true } : {}),
      ...(context.flag("scheduled") ? { scheduled: true } : {}),
      ...(intervalSeconds === undefined ? {} : { intervalSeconds }),
    },
  };
}

interface Move {
  readonly word: string;
  readonly source: Source;
  readonly target: PlacedTag;
}

async function moveTag(
  context: CommandContext,
  client: Client,
  { word, source, target }: Move,
): Promise<void> {
  const { namespace, stream, tag } = target;
  const from = source.from;
  if (from.namespace !== undefined && from.namespace !== namespace && from.kind !== "DockerImage")
    throw new UsageError(
      `${word} is in another namespace: a stream takes images of its own namespace only`,
      `Copy the image: skopeo copy docker://REGISTRY/${word} docker://REGISTRY/${namespace}/${stream}:${tag} (see: nagi registry info)`,
    );
  await ensureStream(client, target);
  const written = await changeStream(client, target, (present) => {
    const before = present.spec?.tags?.find(({ name }) => name === tag);
    const generation = 1 + Math.max(before?.generation ?? 0, generationOf(present, tag));
    return withSpecTag(present, { name: tag, ...source, generation });
  });
  const verb =
    from.kind === "ImageStreamTag" ? "follows" : from.kind === "DockerImage" ? "set to import" : "set to";
  const name =
    from.kind === "ImageStreamImage" ? `${word} (${shortDigest(from.name?.split("@")[1] ?? "")})` : word;
  context.terminal.print(`Tag ${stream}:${tag} ${source.reference === true ? "set to name" : verb} ${name}`);
  if (!context.flag("no-wait")) await waitForTag(context, client, { ...target, written });
}

function generationOf(stream: ImageStream, tag: string): number {
  return stream.status?.tags?.find((each) => each.tag === tag)?.items[0]?.generation ?? 0;
}

async function ensureStream(client: Client, { namespace, stream }: PlacedTag): Promise<void> {
  const made = newObject<ImageStream>(imageStream, { namespace, name: stream }, {});
  await client.create(imageStream, made).catch((error: unknown) => {
    if (!isStatus(error, "AlreadyExists")) throw error;
  });
}

/** Nothing comes back by the builds that once made it: what is older than now is forgotten. */
async function deleteTag(context: CommandContext, client: Client, target: PlacedTag): Promise<void> {
  const { stream, tag } = target;
  const present = await findStream(client, target);
  const inSpec = present?.spec?.tags?.some(({ name }) => name === tag) ?? false;
  const list = present?.status?.tags?.find((each) => each.tag === tag);
  if (!inSpec && (list?.items.length ?? 0) === 0)
    throw new UsageError(`there is no tag ${stream}:${tag}`, "The tags there are: nagi images");
  if (inSpec) await changeStream(client, target, (found) => withoutSpecTag(found, tag));
  const prunedBefore = new Date().toISOString();
  await changeStream(
    client,
    target,
    (found) => {
      const others = (found.status?.tags ?? []).filter((each) => each.tag !== tag);
      return { ...found, status: { ...found.status, tags: [...others, { tag, items: [], prunedBefore }] } };
    },
    "status",
  );
  context.terminal.print(`Deleted tag ${stream}:${tag}`);
}
