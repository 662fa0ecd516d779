import { findObject } from "../../client/find-object.ts";
import type { Client } from "../../client/client.ts";
import type { KubeObject } from "../../model/meta.ts";
import type { JsonValue } from "../../model/schema.ts";
import { refuseArguments, UsageError, type Command, type CommandContext } from "../command.ts";
import { threeWayMergePatch } from "../apply-patch.ts";
import { fileOption, manifestsOf, outputOption } from "../manifests.ts";
import { printWritten } from "../output.ts";
import { kindOf } from "../resources.ts";

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

export const command: Command = {
  name: "apply",
  group: "Objects",
  summary: "Create the objects of a file, or change them to what it says.",
  usage: "-f FILE",
  description:
    "Fields that the file no longer names are removed if an earlier apply set them; fields that others set stay.\n" +
    "kubectl apply and nagi apply may be used in turn.",
  options: [fileOption, outputOption(["name", "yaml", "json"])],
  examples: ["nagi apply -f app.yaml", "cat app.yaml | nagi apply -f -"],
  async run(context) {
    refuseArguments(context, "apply", "A file: nagi apply -f FILE");
    if (context.texts("filename").length === 0) throw new UsageError("nagi apply needs -f FILE");
    const client = await context.client();
    for (const manifest of await manifestsOf(context)) await applyOne(context, client, manifest);
  },
};

async function applyOne(context: CommandContext, client: Client, manifest: KubeObject): Promise<void> {
  const kind = await kindOf(client, manifest);
  const { name } = manifest.metadata;
  if (name === undefined) throw new UsageError(`cannot apply a ${manifest.kind} without metadata.name`);
  const wanted = withAnnotation(manifest);
  const namespace = kind.namespaced ? manifest.metadata.namespace : undefined;
  const present = await findObject(client, kind, { namespace, name });
  if (present === undefined) {
    const object = await client.create(kind, wanted, { fieldValidation: "Strict" });
    return printWritten(context, kind, { object, verb: "created" });
  }
  const patch = threeWayMergePatch(previousOf(present), asJson(wanted), asJson(present));
  if (patch === undefined) return printWritten(context, kind, { object: present, verb: "unchanged" });
  const object = await client.patch(
    kind,
    { namespace, name },
    { type: "merge", body: patch },
    { fieldValidation: "Strict" },
  );
  const verb =
    object.metadata.resourceVersion === present.metadata.resourceVersion ? "unchanged" : "configured";
  return printWritten(context, kind, { object, verb });
}

/** The manifest with itself as text in the annotation that kubectl uses too. */
function withAnnotation(manifest: KubeObject): KubeObject {
  const { [lastApplied]: _previous, ...annotations } = manifest.metadata.annotations ?? {};
  const bare = { ...manifest, metadata: { ...manifest.metadata, annotations } };
  const text = `${JSON.stringify(bare)}\n`;
  return { ...bare, metadata: { ...bare.metadata, annotations: { ...annotations, [lastApplied]: text } } };
}

function previousOf(present: KubeObject): JsonValue {
  const text = present.metadata.annotations?.[lastApplied];
  return text === undefined ? {} : (JSON.parse(text) as JsonValue);
}

function asJson(object: KubeObject): JsonValue {
  return JSON.parse(JSON.stringify(object)) as JsonValue;
}
