/** Public keys of OpenSSH, one line each as in `~/.ssh/id_ed25519.pub`. */

import { createHash } from "node:crypto";

const types: ReadonlySet<string> = new Set([
  "ssh-ed25519",
  "ssh-rsa",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "sk-ssh-ed25519@openssh.com",
  "sk-ecdsa-sha2-nistp256@openssh.com",
]);
export const rsaBitsMin = 2048;
const textLengthMax = 16 * 1024;

export interface PublicKey {
  readonly type: string;
  /** In base64, as written. */
  readonly blob: string;
  readonly comment: string;
  /** `SHA256:...`, as ssh-keygen and ssh show it. */
  readonly fingerprint: string;
}

/** The key, or what is wrong with the text. */
export function parsePublicKey(text: string): PublicKey | string {
  const line = text.trim();
  if (line.includes("PRIVATE KEY"))
    return "this is a private key: give the public one, whose file ends in .pub";
  if (line.length > textLengthMax || line.includes("\n"))
    return "must be one line, as in ~/.ssh/id_ed25519.pub";
  const [type = "", blob = "", ...rest] = line.split(/\s+/);
  if (!types.has(type))
    return `must begin with the type of the key, one of: ${[...types].join(", ")}; for instance: ssh-ed25519 AAAA... me@laptop`;
  const bytes = Buffer.from(blob, "base64");
  const fields = fieldsOf(bytes);
  const isWhole = fields !== undefined && fields.length > 1 && bytes.toString("base64") === blob;
  if (!isWhole || fields[0]?.toString("latin1") !== type)
    return `the ${type} key is damaged: copy all of its line`;
  const bits = type === "ssh-rsa" ? bitsOf(fields[2] ?? Buffer.alloc(0)) : rsaBitsMin;
  if (bits < rsaBitsMin) return `the RSA key has ${bits} bits: at least ${rsaBitsMin} are needed`;
  const fingerprint = `SHA256:${createHash("sha256").update(bytes).digest("base64").replace(/=+$/, "")}`;
  return { type, blob, comment: rest.join(" "), fingerprint };
}

/** Strings with their length before them; undefined when they do not fill the bytes. */
function fieldsOf(bytes: Buffer): Buffer[] | undefined {
  const fields: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    if (at + 4 > bytes.length) return undefined;
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) return undefined;
    fields.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

function bitsOf(number: Buffer): number {
  const start = number.findIndex((byte) => byte !== 0);
  return start < 0 ? 0 : (number.length - start) * 8 - Math.clz32(number[start] ?? 0) + 24;
}
