/**
 * Further examples of the languages, pushed as they are, answer. None of these needs anything but Debian's packages and
 * npm's.
 */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestPlatform } from "../harness/platform.ts";

let platform: TestPlatform;
beforeAll(async () => {
  platform = await TestPlatform.start();
});
afterAll(() => platform.stop());

type Example = readonly [folder: string, found: string, answer: RegExp];

const examples: readonly Example[] = [
  ["python-asgi", "ASGI app main:app", /^Hello from ASGI\n$/],
  ["vite", "Vite: the files of dist/ are served", /<title>Hello from Vite<\/title>/],
  ["pnpm", 'pnpm-lock.yaml; Node.js 22 (engines "22")', /^Hello from pnpm on Node\.js v22\./],
];

/** Their builds take minutes, or differ little from those above and those of the guide (languages.test.ts). */
const moreExamples: readonly Example[] = [
  ["python-wheels", "requirements.txt and the wheels in wheels/", /^Hello from a wheel\n$/],
  ["java", "Java app: Main.java; Java", /^Hello from Java\n$/],
  ["yarn", "package.json with yarn.lock", /^Hello from yarn on Node/],
  ["yarn-berry", "package.json with yarn.lock", /^Hello from yarn-berry on Node/],
  ["sveltekit", "SvelteKit: HOST=0.0.0.0 node build", /<h1>Hello from SvelteKit<\/h1>/],
  ["python-django", "Django app hello.wsgi:application", /^Hello from Django\n$/],
  ["rails", "Rails on Puma", /^Hello from Rails\n$/],
  ["astro", "Astro: the files of dist/ are served", /<h1>Hello from Astro<\/h1>/],
  ["nextjs", "Next.js: next start", /<h1>Hello from Next\.js<\/h1>/],
  ["nuxt", "Nuxt: node .output/server/index.mjs", /<h1>Hello from Nuxt<\/h1>/],
  ["nestjs", "NestJS: node dist/main.js", /^Hello from Nest\n$/],
  ["java-gradle", "Java app: build.gradle; Java", /^Hello from Gradle\n$/],
];

const wanted = process.env["NAGI_TEST_EXAMPLES"] === "all" ? [...examples, ...moreExamples] : examples;

describe("the example", () => {
  it.each(wanted)("%s says what it is, and answers", async (name, found, answer) => {
    const folder = platform.repository(name);
    platform.createApp(name, [], { cwd: folder });
    const { code, stderr } = platform.push(folder);
    expect(stderr).toContain(found);
    expect(code, stderr).toBe(0);
    const { status, text } = await platform.request(name);
    expect({ status, text }).toEqual({ status: 200, text: expect.stringMatching(answer) as string });
    platform.nagi(["destroy", name, "--confirm", name], { cwd: folder });
  });
});
