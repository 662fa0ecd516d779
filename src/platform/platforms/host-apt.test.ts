import { describe, expect, it } from "vitest";
import { mirrorIn } from "./host-apt.ts";

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
