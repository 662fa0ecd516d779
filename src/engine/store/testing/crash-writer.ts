/**
 * A program to be killed: writes to the store whose path it is given, without end, and prints one line for each
 * write that was acknowledged: revision, name, round. Each seventh round of an object deletes it.
 */

import { silentLogger } from "../../../lib/log.ts";
import type { KubeObject } from "../../../model/meta.ts";
import { openStore } from "../open-store.ts";

const writers = 32;

const [path = ""] = process.argv.slice(2);
// A small window, so that compaction is under way when the end comes.
const store = await openStore({ path, log: silentLogger, limits: { windowMaxEvents: 50 } });

async function write(index: number): Promise<never> {
  const name = `object-${index}`;
  for (let round = 1; ; round += 1) {
    const value = `${process.pid}-${round}`;
    const metadata = { name, namespace: "default" };
    const made = { apiVersion: "v1", kind: "Thing", metadata, value } as KubeObject;
    const make = () => (round % 7 === 0 ? "delete" : made);
    const entry = await store.write({ resource: "things", namespace: "default", name, make });
    // Lines that a slow reader leaves in this process would be lost with it, and the store be ahead of what is told.
    await tell(`${entry.revision} ${name} ${value}\n`);
  }
}

function tell(line: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(line, () => resolve()));
}

await Promise.all(Array.from({ length: writers }, (_, index) => write(index)));
