/**
 * A token that reads the metrics of everything and does nothing else, for monitoring: in the Secret nagi-system/nagi-metrics,
 * made where there is none. Who deletes the Secret takes the token back.
 */

import { randomBytes, timingSafeEqual } from "node:crypto";
import type { Client } from "../../client/client.ts";
import { newObject } from "../../model/kind.ts";
import { secret, type Secret } from "../../model/kinds/core/secret/secret.ts";
import { isNotFound, isStatus } from "../../model/status.ts";
import { decodeText } from "../../lib/base64.ts";

const ref = { namespace: "nagi-system", name: "nagi-metrics" };
const tokenBytes = 32;

export async function isScrapeToken(client: Client, given: string): Promise<boolean> {
  const expected = Buffer.from(await scrapeToken(client));
  const shown = Buffer.from(given);
  // A Secret without a token lets nobody in.
  if (expected.length === 0) return false;
  return shown.length === expected.length && timingSafeEqual(shown, expected);
}

export async function scrapeToken(client: Client): Promise<string> {
  for (;;) {
    try {
      const { data = {} } = await client.get(secret, ref);
      return decodeText(data["token"]);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    const stringData = { token: randomBytes(tokenBytes).toString("hex") };
    try {
      await client.create(secret, newObject<Secret>(secret, ref, { type: "nagi.dev/token", stringData }));
    } catch (error) {
      // Another one made it in the meantime.
      if (!isStatus(error, "AlreadyExists")) throw error;
    }
  }
}
