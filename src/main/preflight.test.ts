import { createServer } from "node:net";
import { expect, it } from "vitest";
import { checkMemory, preflight, problemText } from "./preflight.ts";

it("names all problems at once, each with its remedy", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const problems = preflight({
    dataDir: "/nowhere/at/all",
    uid: 1000,
    path: "/nonexistent",
    ports: [
      { port, flag: "--http-port", use: "apps" },
      { port: 70_000, flag: "--api-port", use: "API" },
    ],
    ownPorts: new Set(),
  });
  server.close();
  const text = problemText(problems);
  expect(text).toContain("not run as root");
  expect(text).toMatch(new RegExp(`port ${port} \\(apps\\) is taken by \\S+ \\(pid ${process.pid}\\)`));
  expect(text).toContain("choose another: --http-port PORT");
  expect(text).toContain("--api-port is 70000");
});

it("says how much memory is missing", () => {
  expect(checkMemory("MemAvailable:   102400 kB\n")[0]?.what).toContain("only 100 MB of memory");
  expect(checkMemory("MemAvailable:   1024000 kB\n")).toEqual([]);
});
