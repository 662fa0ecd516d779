import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hostAptSettings, mirrorIn } from "./host-apt.ts";

describe("hostAptSettings", () => {
  it("asks apt anew only when its files have changed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "nagi-apt-"));
    const env = { PATH: `${folder}:/usr/bin:/bin` };
    const answer = (proxy: string): void =>
      writeFileSync(
        join(folder, "apt-config"),
        `#!/bin/sh\necho 'Acquire::http::Proxy "${proxy}";'\necho 'Acquire::Languages "";'\n`,
        { mode: 0o755 },
      );
    mkdirSync(join(folder, "apt.conf.d"));
    answer("http://a.test");
    expect(await hostAptSettings(env, folder)).toBe('Acquire::http::Proxy "http://a.test";\n');
    answer("http://b.test");
    expect(await hostAptSettings(env, folder)).toContain("a.test");
    writeFileSync(join(folder, "apt.conf.d/90proxy"), "changed");
    expect(await hostAptSettings(env, folder)).toBe('Acquire::http::Proxy "http://b.test";\n');
    rmSync(folder, { recursive: true });
  });
});

describe("mirrorIn", () => {
  it.each([
    ["deb http://mirror.test/debian bookworm main contrib", "http://mirror.test/debian"],
    ["deb [signed-by=/k arch=amd64] https://mirror.test/debian bookworm main", "https://mirror.test/debian"],
    ["deb http://sec.test bookworm-security main\ndeb http://a.test bookworm main", "http://a.test"],
    [
      "# debian\nTypes: deb deb-src\nURIs: http://a.test/debian\nSuites: bookworm bookworm-updates\nComponents: main",
      "http://a.test/debian",
    ],
    ["Types: deb\nURIs: http://pg.test\nSuites: bookworm-pgdg\nComponents: main", undefined],
    ["# deb http://a.test bookworm main", undefined],
    ["deb cdrom:[Debian] bookworm main", undefined],
    ["deb http://a.test trixie main", undefined],
    ["", undefined],
  ])("%j", (text, mirror) => expect(mirrorIn(text, "bookworm")).toBe(mirror));
});
