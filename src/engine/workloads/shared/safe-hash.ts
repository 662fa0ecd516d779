/**
 * Short, stable hashes for names: the same content gives the same text in every process and at every start,
 * whatever the order of its keys.
 */

/** No vowels and no look-alikes, so that a hash never spells a word and is always a valid name part. */
const alphabet = "bcdfghjklmnpqrstvwxz2456789";
const hashLength = 10;

/** The content as text in which keys are sorted and undefined fields are left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** Ten characters that fit into a name and a label value. */
export function safeHash(text: string): string {
  let mixed = fnv1a64(text);
  let out = "";
  for (let index = 0; index < hashLength; index++) {
    out += alphabet[Number(mixed % BigInt(alphabet.length))];
    mixed /= BigInt(alphabet.length);
  }
  return out;
}

/** FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/). */
function fnv1a64(text: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text, "utf8")) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash;
}
