import { describe, expect, it } from "vitest";
import { planLanguage } from "../../detect.ts";
import { sourceTreeOf } from "../../source-tree.ts";
import { nodejs } from "./nodejs.ts";

const options = { base: "nodejs:1", runtime: "static:1", cacheId: "x" };
const app = (dependency: string, fields: object = {}): string =>
  JSON.stringify({ dependencies: { [dependency]: "1" }, ...fields });

describe("frameworks without configuration", () => {
  it.each<[string, Record<string, string>, string | undefined, RegExp]>([
    [
      "Next.js",
      { "package.json": app("next") },
      "next start --hostname 0.0.0.0 --port $PORT",
      /NEXT_TELEMETRY_DISABLED=1 next build && npm prune/,
    ],
    [
      "Next.js with its scripts",
      { "package.json": app("next", { scripts: { build: "next build", start: "next start" } }) },
      "npm start",
      /npm run build && npm prune/,
    ],
    [
      "Next.js, exported",
      {
        "package.json": app("next", { scripts: { build: "next build", start: "next start" } }),
        "next.config.ts": "export default { output: 'export' }",
      },
      undefined,
      /npm run build\nFROM static:1\nCOPY --from=build \/app\/out\/ \/app\/\n$/,
    ],
    [
      "Nuxt",
      { "package.json": app("nuxt", { scripts: { build: "nuxt build" } }) },
      "node .output/server/index.mjs",
      /npm run build/,
    ],
    [
      "SvelteKit with adapter-auto",
      { "package.json": app("@sveltejs/kit", { scripts: { build: "vite build" } }) },
      "HOST=0.0.0.0 node build",
      /&& GCP_BUILDPACKS=1 npm run build/,
    ],
    [
      "SvelteKit with adapter-node",
      { "package.json": app("@sveltejs/kit", { devDependencies: { "@sveltejs/adapter-node": "5" } }) },
      "HOST=0.0.0.0 node build",
      /&& vite build/,
    ],
    [
      "SvelteKit with adapter-static",
      { "package.json": app("@sveltejs/kit", { devDependencies: { "@sveltejs/adapter-static": "3" } }) },
      undefined,
      /FROM static:1\nENV STATIC_FALLBACK=\/200\.html\nCOPY --from=build \/app\/build\/ \/app\/\n$/,
    ],
    [
      "Astro",
      { "package.json": app("astro", { scripts: { start: "astro dev", build: "astro build" } }) },
      undefined,
      /COPY --from=build \/app\/dist\/ \/app\/\n$/,
    ],
    [
      "Astro on a server",
      { "package.json": app("astro", { devDependencies: { "@astrojs/node": "9" } }) },
      "HOST=0.0.0.0 node dist/server/entry.mjs",
      /astro build/,
    ],
    [
      "NestJS",
      { "package.json": app("@nestjs/core", { scripts: { build: "nest build", start: "nest start" } }) },
      "node dist/main.js",
      /npm run build && npm prune/,
    ],
    [
      "Vite",
      { "package.json": app("vite", { scripts: { build: "vite build" } }), "index.html": "" },
      undefined,
      /ENV STATIC_FALLBACK=\/index\.html\nCOPY --from=build \/app\/dist\/ \/app\/\n$/,
    ],
    [
      "a server that Vite only helps",
      { "package.json": app("vite", { scripts: { build: "vite build", start: "node server.js" } }) },
      "node server.js",
      /npm run build/,
    ],
    [
      "Express",
      { "package.json": app("express", { main: "app.js" }), "app.js": "" },
      "node app.js",
      /npm install .*--omit=dev/,
    ],
  ])("%s", (_name, files, web, containerfile) => {
    const detection = planLanguage(nodejs, sourceTreeOf(files), { node: "24.21.0" });
    if (!detection.ok) throw new Error(detection.message);
    expect(detection.plan.processes["web"]).toBe(web);
    expect(detection.plan.containerfile?.(options)).toMatch(containerfile);
  });
});
