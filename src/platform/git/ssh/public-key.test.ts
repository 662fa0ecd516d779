import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parsePublicKey } from "./public-key.ts";

const dir = mkdtempSync(join(tmpdir(), "nagi-keys-"));
afterAll(() => rmSync(dir, { recursive: true }));

function make(type: string, bits: string): { readonly text: string; readonly fingerprint: string } {
  const file = join(dir, `${type}-${bits}`);
  execFileSync("ssh-keygen", ["-q", "-t", type, "-b", bits, "-N", "", "-C", "me at home", "-f", file]);
  const listed = execFileSync("ssh-keygen", ["-l", "-f", `${file}.pub`], { encoding: "utf8" });
  return { text: readFileSync(`${file}.pub`, "utf8"), fingerprint: listed.split(" ")[1] ?? "" };
}

describe("parsePublicKey", () => {
  it.each([
    ["ed25519", "256"],
    ["ecdsa", "384"],
    ["rsa", "2048"],
  ])("reads %s %s as ssh-keygen does", (type, bits) => {
    const { text, fingerprint } = make(type, bits);
    expect(parsePublicKey(text)).toMatchObject({ fingerprint, comment: "me at home" });
  });

  it("says what is wrong", () => {
    const { text } = make("rsa", "1024");
    expect(parsePublicKey(text)).toBe("the RSA key has 1024 bits: at least 2048 are needed");
    expect(parsePublicKey("ssh-dss AAAA x")).toContain("must begin with the type of the key");
    expect(parsePublicKey("ssh-ed25519 AAAA x")).toContain("is damaged");
    expect(parsePublicKey(`${text}${text}`)).toContain("must be one line");
    expect(parsePublicKey("-----BEGIN OPENSSH PRIVATE KEY-----\nx")).toContain("private key");
    expect(parsePublicKey('command="x" ssh-ed25519 AAAA')).toContain("must begin with the type");
  });
});
