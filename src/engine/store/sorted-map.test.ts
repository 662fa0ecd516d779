import { expect, test } from "vitest";
import { seededRandom } from "../../lib/random.ts";
import { SortedMap } from "./sorted-map.ts";

/** Enough keys to split and to empty chunks many times. */
const keyCount = 4000;

test.each(["ascending", "descending", "random"])("holds and lists %s keys in their order", (order) => {
  const random = seededRandom(3);
  const keys = Array.from({ length: keyCount }, (_, index) => `key-${String(index).padStart(5, "0")}`);
  const added = keys.toSorted(() => (order === "random" ? random.next() - 0.5 : 0));
  if (order === "descending") added.reverse();
  const map = new SortedMap<string>();
  for (const key of added) map.set(key, `${key}=1`);
  for (const key of added) if (random.below(2) === 0) map.set(key, `${key}=2`);
  expect(map.values().map((value) => value.slice(0, -2))).toEqual(keys);
  const expected = new Map(keys.map((key) => [key, map.get(key)]));
  for (const key of added) {
    if (random.below(10) === 0) continue;
    map.delete(key);
    expected.delete(key);
  }
  map.delete("never there");
  expect([map.size, map.values()]).toEqual([expected.size, [...expected.values()]]);
  for (const key of expected.keys()) map.delete(key);
  map.set("again", "1");
  expect(map.values()).toEqual(["1"]);
});
