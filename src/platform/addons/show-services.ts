/** Shows the services that come with Nagi as objects: one for each platform recipe with a file addon.yaml. */

import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import type { Client } from "../../client/client.ts";
import {
  addonService,
  type AddonService,
  type AddonServiceSpec,
} from "../../model/kinds/nagi/addonservice/addonservice.ts";
import { builtInAnnotation } from "../../model/kinds/nagi/addonservice/built-in.ts";
import { serviceFile } from "../../model/kinds/nagi/platform/recipe-text.ts";
import { newObject } from "../../model/kind.ts";
import { isNotFound, isStatus } from "../../model/status.ts";

/** A service that an operator made under the same name stays. */
export async function showServices(client: Client, recipesDir: string): Promise<void> {
  for (const entry of await readdir(recipesDir, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const text = await textOf(join(recipesDir, entry.name, serviceFile));
    if (text !== undefined) await showOne(client, entry.name, text);
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function showOne(client: Client, name: string, text: string): Promise<void> {
  const digest = createHash("sha256").update(text).digest("hex");
  const metadata = { name, annotations: { [builtInAnnotation]: digest } };
  const spec = parse(text) as AddonServiceSpec;
  const wanted = newObject<AddonService>(addonService, metadata, { spec });
  try {
    const present = await client.get(addonService, { name });
    const shown = present.metadata.annotations?.[builtInAnnotation];
    if (shown !== undefined && shown !== digest) await client.update(addonService, wanted);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await client.create(addonService, wanted, { fieldValidation: "Strict" }).catch((failure: unknown) => {
      if (!isStatus(failure, "AlreadyExists")) throw failure;
    });
  }
}
