import { mkdtempDisposable, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FakeClock } from "../../../lib/clock.ts";
import { LocalAuthority } from "./local-authority.ts";

test("an authority that could not be written is made when it can be", async () => {
  await using dir = await mkdtempDisposable(join(tmpdir(), "nagi-authority-"));
  const folder = join(dir.path, "tls");
  await writeFile(folder, "");
  const authority = new LocalAuthority(folder, new FakeClock());
  await expect(authority.caPem()).rejects.toThrow("ENOTDIR");
  await rm(folder);
  const pem = await authority.caPem();
  expect(pem).toContain("BEGIN CERTIFICATE");
  expect(await authority.caPem()).toBe(pem);
});
