/** Of what an object was made from. */

import { createHash } from "node:crypto";

const digestLength = 32;

export function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, digestLength);
}
