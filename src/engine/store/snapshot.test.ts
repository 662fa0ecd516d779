import { mkdtempDisposableSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { silentLogger } from "../../lib/log.ts";
import type { KubeObject } from "../../model/meta.ts";
import { openStore } from "./open-store.ts";
import { copyStore, readTexts } from "./snapshot.ts";
import type { Store } from "./store.ts";
import { keysFileOf } from "./store-keys.ts";

test("copies all that was acknowledged, secrets included, while it is written", async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "nagi-snapshot-"));
  const [from, to] = [join(folder.path, "a.db"), join(folder.path, "b.db")];
  const write = async (store: Store, name: string): Promise<void> => {
    const value = { apiVersion: "v1", kind: "Secret", metadata: { name }, data: { a: name } } as KubeObject;
    await store.write({ resource: "secrets", namespace: "default", name, make: () => value });
  };
  {
    await using store = await openStore({ path: from, log: silentLogger });
    for (let index = 0; index < 50; index++) await write(store, `before-${index}`);
    const writing = (async () => {
      for (let index = 0; index < 200; index++) await write(store, `during-${index}`);
    })();
    await copyStore(from, to);
    await writing;
  }
  await using copy = await openStore({ path: to, log: silentLogger });
  const { entries } = copy.list("secrets");
  const names = entries.map(({ name }) => name);
  expect(names.filter((name) => name.startsWith("before-"))).toHaveLength(50);
  // What came meanwhile is there in the order in which it came, up to one moment.
  const during = names.filter((name) => name.startsWith("during-")).length;
  for (let index = 0; index < during; index++) expect(names).toContain(`during-${index}`);
  for (const { value, name } of entries) expect(value).toMatchObject({ data: { a: name } });
  expect(statSync(keysFileOf(to)).mode & 0o777).toBe(0o600);
});

test("says what is missing", async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "nagi-snapshot-"));
  await expect(copyStore(join(folder.path, "no.db"), join(folder.path, "b.db"))).rejects.toThrow(
    "no.db.keys",
  );
});

test("reads the newest version of what is there", async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "nagi-snapshot-"));
  const path = join(folder.path, "a.db");
  await using store = await openStore({ path, log: silentLogger });
  const put = (name: string, data: string | undefined) =>
    store.write({
      resource: "configmaps",
      namespace: "default",
      name,
      make: () =>
        data === undefined ? "delete" : ({ metadata: { name }, data: { data } } as unknown as KubeObject),
    });
  for (const data of ["1", "2", "3"]) await put("kept", data);
  await put("gone", "1");
  await put("gone", undefined);
  const texts = readTexts(path, "configmaps").map((text) => JSON.parse(text) as unknown);
  expect(texts).toMatchObject([{ metadata: { name: "kept" }, data: { data: "3" } }]);
});
