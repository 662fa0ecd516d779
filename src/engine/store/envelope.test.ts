import { mkdtempDisposableSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { silentLogger } from "../../lib/log.ts";
import { Envelope } from "./envelope.ts";
import { LogFile } from "./log-file.ts";
import { openStore } from "./open-store.ts";
import { keysFileOf, newKey, readKeys, rotateKeys } from "./store-keys.ts";

const folder = () => mkdtempDisposableSync(join(tmpdir(), "nagi-envelope-"));
const plain = "plain-value-that-nobody-may-find";

function secret(value: string, name = "config") {
  const key = { resource: "secrets", namespace: "default", name };
  return { key, object: { apiVersion: "v1", kind: "Secret", metadata: { name }, data: { A: value } } };
}

async function write(path: string, value: string, name?: string): Promise<void> {
  await using store = await openStore({ path, log: silentLogger });
  const { key, object } = secret(value, name);
  await store.write({ ...key, make: () => object });
}

/** The value of the secret as the store gives it. */
async function read(path: string, name = "config"): Promise<unknown> {
  await using store = await openStore({ path, log: silentLogger });
  return (store.get(secret("", name).key)?.value as { data?: unknown } | undefined)?.data;
}

/** Whether any file of the folder has the text. */
function isOnDisk(path: string, text: string): boolean {
  return readdirSync(path).some((file) => readFileSync(join(path, file)).includes(text));
}

describe("an envelope", () => {
  const keys = [newKey(), newKey()];

  test("gives back what it sealed, and seals the same text differently each time", () => {
    const envelope = new Envelope(keys);
    const sealed = envelope.seal(plain, "row");
    expect(sealed).not.toContain(plain);
    expect(envelope.open(sealed, "row")).toBe(plain);
    expect(envelope.seal(plain, "row")).not.toBe(sealed);
    expect(envelope.open("{}", "row")).toBe("{}");
  });

  test("opens nothing that was changed, moved, or sealed with a key that is missing", () => {
    const sealed = new Envelope(keys).seal(plain, "row");
    expect(() => new Envelope(keys).open(sealed, "other row")).toThrow("changed on disk");
    expect(() => new Envelope(keys).open(`${sealed.slice(0, -6)}AAAA==`, "row")).toThrow("changed on disk");
    expect(() => new Envelope(keys.slice(1)).open(sealed, "row")).toThrow("its key");
  });
});

describe("the store", () => {
  test("has no value of a secret in any of its files, and gives it back", async () => {
    using disk = folder();
    const path = join(disk.path, "store.db");
    await write(path, plain);
    expect(isOnDisk(disk.path, plain)).toBe(false);
    expect(await read(path)).toEqual({ A: plain });
    expect(statSync(keysFileOf(path)).mode & 0o777).toBe(0o600);
  });

  test("seals what an older version wrote, and leaves nothing of it", async () => {
    using disk = folder();
    const path = join(disk.path, "store.db");
    const old = new LogFile({ path, maxPages: 0 });
    const { key, object } = secret(plain);
    const text = JSON.stringify(object);
    old.commit({
      rows: [1, key.resource, key.namespace, key.name, 1, 0, text],
      removals: [],
      compacted: undefined,
    });
    old.close();
    expect(isOnDisk(disk.path, plain)).toBe(true);
    expect(await read(path)).toEqual({ A: plain });
    expect(isOnDisk(disk.path, plain)).toBe(false);
  });

  test("seals anew after a rotation, and the old key goes", async () => {
    using disk = folder();
    const path = join(disk.path, "store.db");
    await write(path, plain);
    const before = readKeys(keysFileOf(path))?.[0]?.id ?? "";
    const { id } = rotateKeys(keysFileOf(path));
    expect(await read(path)).toEqual({ A: plain });
    expect(readKeys(keysFileOf(path))?.map((each) => each.id)).toEqual([id]);
    expect(isOnDisk(disk.path, `sealed:1:${before}`)).toBe(false);
    expect(isOnDisk(disk.path, `sealed:1:${id}`)).toBe(true);
  });

  test("does not open without its keys, nor with others, and changes nothing then", async () => {
    using disk = folder();
    const path = join(disk.path, "store.db");
    await write(path, plain);
    const keys = readFileSync(keysFileOf(path));
    rmSync(keysFileOf(path));
    await expect(read(path)).rejects.toThrow("restore it from a backup");
    writeFileSync(keysFileOf(path), "{}");
    await expect(read(path)).rejects.toThrow("is not a file of keys");
    writeFileSync(keysFileOf(path), JSON.stringify({ keys: [newKey()] }));
    await expect(read(path)).rejects.toThrow("is missing: restore");
    writeFileSync(keysFileOf(path), keys);
    expect(await read(path)).toEqual({ A: plain });
  });

  test("says so when a sealed row was put in the place of another", async () => {
    using disk = folder();
    const path = join(disk.path, "store.db");
    await write(path, plain, "one");
    await write(path, "other", "two");
    const db = new DatabaseSync(path);
    db.exec(`UPDATE log SET encoded = (SELECT encoded FROM log WHERE name = 'one') WHERE name = 'two'`);
    db.close();
    await expect(read(path)).rejects.toThrow("secrets default/two");
  });
});
