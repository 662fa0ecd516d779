import { describe, expect, it } from "vitest";
import { parseProcfile } from "./procfile.ts";

describe("parseProcfile", () => {
  it("reads process types and skips blank lines and comments", () => {
    const text = "# how it runs\r\nweb: node server.js --port $PORT\r\n\nworker:   node worker.js  \n";
    expect(parseProcfile(text)).toEqual({
      ok: true,
      processes: { web: "node server.js --port $PORT", worker: "node worker.js" },
    });
  });

  it("keeps colons of the command", () => {
    expect(parseProcfile("web: serve http://localhost:80")).toMatchObject({
      processes: { web: "serve http://localhost:80" },
    });
  });

  it.each([
    ["web node server.js", 'Procfile line 1: "web node server.js" has no colon'],
    ["\n\nWeb_1: x", 'Procfile line 3: "Web_1" cannot be the name of a process type'],
    ["web:   ", 'Procfile line 1: process type "web" has no command'],
    ["web: a\nweb: b", 'Procfile line 2: process type "web" is already on line 1'],
    ["# nothing\n", "Procfile: names no process"],
    [`${"x".repeat(21)}: a`, "cannot be the name of a process type: use up to 20"],
    ["my_worker: a", '"my_worker" cannot be the name of a process type'],
    [`web: ${"x".repeat(70_000)}`, "Procfile: larger than 64 KiB"],
    [Array.from({ length: 51 }, (_, index) => `p${index}: x`).join("\n"), "line 51: more than 50"],
  ])("refuses %j and says where and why", (text, message) => {
    const result = parseProcfile(text);
    expect(result.ok).toBe(false);
    expect(result.ok ? "" : result.message).toContain(message);
  });
});
