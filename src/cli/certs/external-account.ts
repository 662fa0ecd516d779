/** `nagi certs auto --acme --eab-kid`: an authority's customer account, kept in a Secret of the app. */

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { encodeEntries } from "../../lib/base64.ts";
import { messageOf } from "../../lib/errors.ts";
import { newObject } from "../../model/kind.ts";
import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { secret as secretKind, type Secret } from "../../model/kinds/core/secret/secret.ts";
import { checkEabKey, checkEabKid } from "../../model/kinds/route/route/acme.ts";
import { controllerRef } from "../../model/meta.ts";
import { isStatus } from "../../model/status.ts";
import { UsageError, type CommandContext, type Option } from "../command.ts";

export const externalAccountOptions: readonly Option[] = [
  {
    name: "eab-kid",
    type: "string",
    value: "KEY-ID",
    description:
      "With --acme: the key ID of your account, for an authority that gives to its customers only.",
  },
  {
    name: "eab-key-file",
    type: "string",
    value: "FILE",
    description:
      "With --eab-kid: a file with the HMAC key as the authority gave it; - reads it from standard input.",
  },
];

/** Name of the Secret that holds it now; undefined when none is given. */
export async function keepExternalAccount(context: CommandContext, found: App): Promise<string | undefined> {
  const [kid, file] = [context.text("eab-kid"), context.text("eab-key-file")];
  if (kid === undefined && file === undefined) return undefined;
  if (kid === undefined || file === undefined)
    throw new UsageError(
      "--eab-kid and --eab-key-file belong together",
      "The authority gave you both: the key's ID, and the HMAC key, which goes into a file",
    );
  if (!context.flag("acme"))
    throw new UsageError("--eab-kid is for certificates of an ACME authority", "Add --acme");
  const hmac = (await readKey(context, file)).trim();
  const [wrongKid, wrongKey] = [checkEabKid(kid), checkEabKey(hmac)];
  if (wrongKid !== undefined) throw new UsageError(`--eab-kid is ${JSON.stringify(kid)}: ${wrongKid}`);
  if (wrongKey !== undefined) throw new UsageError(`${file}: ${wrongKey}`);
  const { name: app = "", namespace } = found.metadata;
  const name = `${app}-acme-account`;
  const data = encodeEntries({ kid, hmac });
  const client = await context.client();
  const metadata = { namespace, name, labels: { [appLabel]: app }, ownerReferences: [controllerRef(found)] };
  try {
    await client.create(secretKind, newObject<Secret>(secretKind, metadata, { type: "Opaque", data }));
  } catch (error) {
    if (!isStatus(error, "AlreadyExists")) throw error;
    await client.patch(secretKind, { namespace, name }, { type: "merge", body: { data } });
  }
  return name;
}

async function readKey(context: CommandContext, file: string): Promise<string> {
  if (file === "-") return await context.terminal.readInput();
  try {
    return await readFile(resolve(context.host.cwd, file), "utf8");
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${messageOf(error)}`);
  }
}
