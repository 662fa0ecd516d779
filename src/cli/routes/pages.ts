/** Pages of one's own in place of the router's answers, kept in a ConfigMap of the app or of the platform. */

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { messageOf } from "../../lib/errors.ts";
import { newObject } from "../../model/kind.ts";
import { configMap, type ConfigMap } from "../../model/kinds/core/configmap/configmap.ts";
import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import {
  checkPage,
  pageKey,
  pageNames,
  pagesLabel,
  unknownHostPage,
  type PageName,
} from "../../model/kinds/route/route/pages.ts";
import { controllerRef, type ObjectMeta } from "../../model/meta.ts";
import { isNotFound } from "../../model/status.ts";
import { UsageError, type CommandContext } from "../command.ts";
import { columns } from "../format.ts";

const offWord = "off";

/** `nagi routes error-page [NAME FILE | NAME off]`; without an app it is the platform's. */
export async function setErrorPage(
  context: CommandContext,
  found: App | undefined,
  [name, file]: readonly string[],
): Promise<void> {
  if (name === undefined) return await listPages(context, found);
  const names: readonly PageName[] = found === undefined ? [...pageNames, unknownHostPage] : pageNames;
  const page = names.find((each) => each === name);
  if (page === undefined)
    throw new UsageError(
      `there is no page ${JSON.stringify(name)}: there are ${names.join(", ")}`,
      name === unknownHostPage
        ? "The page of hosts that nobody has is the platform's: add --platform"
        : "They stand for answers of the router; what the app answers itself is never replaced",
    );
  if (file === undefined)
    throw new UsageError(`nagi routes error-page ${name} needs a file`, `Or ${offWord}, for none`);
  if (file === offWord) {
    await writePage(context, found, page, null);
    return context.terminal.print(`${ownerText(found)} has no page of its own for ${page}`);
  }
  await writePage(context, found, page, await readPage(context, file));
  context.terminal.print(`${ownerText(found)} shows ${file} for ${page}`);
}

/** Also `nagi maintenance on --page FILE`. */
export async function readPage(context: CommandContext, file: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(resolve(context.host.cwd, file));
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${messageOf(error)}`);
  }
  const text = bytes.toString("utf8");
  const problem = text.includes("\uFFFD") ? "must be HTML in UTF-8" : checkPage(text);
  if (problem !== undefined) throw new UsageError(`${file}: ${problem}`);
  return text;
}

export async function writePage(
  context: CommandContext,
  found: App | undefined,
  page: PageName,
  text: string | null,
): Promise<void> {
  const client = await context.client();
  const metadata = metadataOf(found);
  const ref = { namespace: metadata.namespace, name: metadata.name ?? "" };
  try {
    await client.patch(configMap, ref, { type: "merge", body: { data: { [pageKey(page)]: text } } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    if (text === null) return;
    const data = { [pageKey(page)]: text };
    await client.create(configMap, newObject<ConfigMap>(configMap, metadata, { data }));
  }
}

async function listPages(context: CommandContext, found: App | undefined): Promise<void> {
  const client = await context.client();
  const { namespace, name = "" } = metadataOf(found);
  const data = await client
    .get(configMap, { namespace, name })
    .then((object) => object.data ?? {})
    .catch((error: unknown) => {
      if (isNotFound(error)) return {};
      throw error;
    });
  const rows = Object.entries(data).map(([key, text]) => [
    key.replace(/\.html$/, ""),
    `${Buffer.byteLength(text)} bytes`,
  ]);
  if (rows.length === 0)
    return context.terminal.note("No pages. For instance: nagi routes error-page 503 sorry.html");
  context.terminal.print(columns([["PAGE", "SIZE"], ...rows]));
}

function metadataOf(found: App | undefined): ObjectMeta {
  if (found === undefined)
    return { namespace: "nagi-system", name: "router-pages", labels: { [pagesLabel]: "router" } };
  const { namespace, name = "" } = found.metadata;
  const labels = { [appLabel]: name, [pagesLabel]: name };
  return { namespace, name: `${name}-pages`, labels, ownerReferences: [controllerRef(found)] };
}

function ownerText(found: App | undefined): string {
  return found === undefined ? "the platform" : (found.metadata.name ?? "");
}
