/**
 * Shows the templates that come with Nagi as objects of the namespace `openshift`, where OpenShift's tools look for
 * what all may use. A template that a user has changed there is written anew only when the file changes.
 */

import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import type { Client } from "../../client/client.ts";
import { sleep, type Clock } from "../../lib/clock.ts";
import { backoffDelayMs } from "../../lib/backoff.ts";
import type { Logger } from "../../lib/log.ts";
import { newObject } from "../../model/kind.ts";
import { namespace as namespaceKind, type Namespace } from "../../model/kinds/core/namespace/namespace.ts";
import { template as templateKind, type Template } from "../../model/kinds/template/template/template.ts";
import { isNotFound, isStatus } from "../../model/status.ts";

const namespace = "openshift";
const digestAnnotation = "nagi.dev/template-digest";
const retry = { baseMs: 1000, capMs: 60_000 };

export interface TemplatesOptions {
  readonly client: Client;
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export async function runTemplates(options: TemplatesOptions, signal: AbortSignal): Promise<void> {
  const { clock, log } = options;
  for (let failures = 0; !signal.aborted;) {
    try {
      await showTemplates(options);
      break;
    } catch (error) {
      failures += 1;
      log.warn("cannot show the templates, trying again", { error });
      await sleep(clock, backoffDelayMs(retry, failures), signal);
    }
  }
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}

export async function showTemplates({ client, directory }: TemplatesOptions): Promise<void> {
  const files = (await readdir(directory)).filter((name) => name.endsWith(".yaml")).toSorted();
  await client
    .create(namespaceKind, newObject<Namespace>(namespaceKind, { name: namespace }, {}))
    .catch(ignoreExisting);
  const { items } = await client.list(templateKind, { namespace });
  const shown = new Set(items.map(({ metadata }) => metadata.annotations?.[digestAnnotation]));
  for (const file of files) {
    const text = await readFile(join(directory, file), "utf8");
    const digest = createHash("sha256").update(text).digest("hex");
    if (!shown.has(digest)) await showOne(client, text, digest);
  }
}

async function showOne(client: Client, text: string, digest: string): Promise<void> {
  const given = parse(text) as Template;
  const annotations = { ...given.metadata.annotations, [digestAnnotation]: digest };
  const wanted: Template = { ...given, metadata: { ...given.metadata, namespace, annotations } };
  const ref = { namespace, name: given.metadata.name ?? "" };
  try {
    await client.get(templateKind, ref);
    await client.update(templateKind, wanted);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await client.create(templateKind, wanted).catch(ignoreExisting);
  }
}

function ignoreExisting(error: unknown): void {
  if (!isStatus(error, "AlreadyExists")) throw error;
}
