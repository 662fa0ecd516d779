import { newObject } from "../../model/kind.ts";
import { imageStream, type ImageStream } from "../../model/kinds/image/imagestream/imagestream.ts";
import { isStatus } from "../../model/status.ts";
import { UsageError, type Command } from "../command.ts";
import { changeStream, findStream, tagNamed, withSpecTag } from "../images/image-streams.ts";
import { waitForTag } from "../images/tag-progress.ts";

export const command: Command = {
  name: "import-image",
  group: "Deploying",
  summary: "Bring an image of another registry into a stream, or look for a newer one.",
  usage: "STREAM[:TAG] [--from IMAGE]",
  description:
    "The image is copied into Nagi's own registry, so that what was released can always be gone back to. Without\n" +
    "--from a tag that was imported before is imported again now. With --scheduled that happens by itself.",
  options: [
    {
      name: "from",
      type: "string",
      value: "IMAGE",
      description: "The image, for instance registry.example.com/team/app:1.",
    },
    {
      name: "confirm",
      type: "boolean",
      description: "Taken for the sake of oc; streams are made when missing.",
    },
    { name: "scheduled", type: "boolean", description: "Import again from time to time." },
    { name: "every", type: "number", value: "SECONDS", description: "How often (default: 900)." },
    { name: "insecure", type: "boolean", description: "The other registry may be without TLS." },
    { name: "no-wait", type: "boolean", description: "Do not wait for the import." },
  ],
  examples: [
    "nagi import-image base:1 --from registry.example.com/team/base:1 --scheduled --every 600",
    "nagi import-image base:1",
  ],
  async run(context) {
    const [word] = context.args;
    if (word === undefined)
      throw new UsageError(
        "nagi import-image needs a tag",
        "For instance: nagi import-image base:1 --from IMAGE",
      );
    const client = await context.client();
    const place = tagNamed(word, await context.namespace());
    const { namespace, stream, tag } = place;
    const image = context.text("from");
    const present = await findStream(client, place);
    const spec = present?.spec?.tags?.find(({ name }) => name === tag);
    const from = image === undefined ? spec?.from : { kind: "DockerImage", name: image };
    if (from?.kind !== "DockerImage")
      throw new UsageError(
        `${stream}:${tag} is not imported from anywhere yet`,
        `Say from where: nagi import-image ${stream}:${tag} --from IMAGE`,
      );
    if (present === undefined)
      await client
        .create(imageStream, newObject<ImageStream>(imageStream, { namespace, name: stream }, {}))
        .catch((error: unknown) => {
          if (!isStatus(error, "AlreadyExists")) throw error;
        });
    const intervalSeconds = context.number("every");
    const importPolicy = {
      ...spec?.importPolicy,
      ...(context.flag("insecure") ? { insecure: true } : {}),
      ...(context.flag("scheduled") ? { scheduled: true } : {}),
      ...(intervalSeconds === undefined ? {} : { intervalSeconds }),
    };
    const written = await changeStream(client, place, (found) => {
      const generation = 1 + (found.spec?.tags?.find(({ name }) => name === tag)?.generation ?? 0);
      return withSpecTag(found, { name: tag, from, importPolicy, generation });
    });
    if (context.flag("no-wait")) context.terminal.print(`Importing ${from.name} as ${stream}:${tag}`);
    else await waitForTag(context, client, { ...place, written });
  },
};
