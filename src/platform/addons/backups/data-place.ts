/** Where the data of backups is kept. What must stay true: under its name there is all of a backup, or nothing. */

import { createHash } from "node:crypto";

export interface KeptData {
  readonly sizeBytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

export type WriteData = (data: Uint8Array) => Promise<void>;

export interface DataPlace {
  /** `fill` writes the data; what it throws is thrown, and nothing is left. What was there under the name is replaced. */
  keep(name: string, fill: (write: WriteData) => Promise<void>): Promise<KeptData>;
  read(name: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Does nothing when it is not there. */
  remove(name: string): Promise<void>;
}

/** Counts and hashes what is written on its way. */
export function metered(write: WriteData): { readonly write: WriteData; readonly kept: () => KeptData } {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  return {
    write: async (data) => {
      hash.update(data);
      sizeBytes += data.length;
      await write(data);
    },
    kept: () => ({ sizeBytes, sha256: hash.digest("hex") }),
  };
}

/** Reads all of it. Throws when it is not what was kept. */
export async function checkData(
  place: DataPlace,
  name: string,
  { sizeBytes, sha256 }: KeptData,
  signal: AbortSignal,
): Promise<void> {
  const { write, kept } = metered(() => Promise.resolve());
  for await (const chunk of place.read(name, signal)) await write(chunk);
  const found = kept();
  if (found.sizeBytes === sizeBytes && found.sha256 === sha256) return;
  const sizes = found.sizeBytes === sizeBytes ? "" : ` (${found.sizeBytes} bytes instead of ${sizeBytes})`;
  throw new Error(`${name} is not what was backed up: it was changed or damaged${sizes}`);
}
