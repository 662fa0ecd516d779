/** Every language's example, pushed as it is, answers. None of these needs anything but Debian's packages and npm's. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestPlatform } from "../harness/platform.ts";

let platform: TestPlatform;
beforeAll(async () => {
  platform = await TestPlatform.start();
});
afterAll(() => platform.stop());

describe("the example", () => {
  it.each<[string, string, RegExp]>([
    ["python-flask", "Python app: requirements.txt; Python", /^Hello from Python\n$/],
    ["python-asgi", "ASGI app main:app", /^Hello from ASGI\n$/],
    ["ruby", "Ruby app: Gemfile; Ruby", /^Hello from Ruby\n$/],
    ["php", "PHP app: composer.json; PHP", /^Hello from PHP\n$/],
    ["go", "Go app: go.mod; Go", /^Hello from Go\n$/],
    ["java", "Java app: Main.java; Java", /^Hello from Java\n$/],
    ["java-maven", "Java app: pom.xml; Java", /^Hello from Maven\n$/],
    ["procfile", "Procfile with web: no language that is known", /^Hello from Perl\n$/],
    ["express", "Node.js app: package.json with package-lock.json; Node.js", /^Hello from Express\n$/],
    ["vite", "Vite: the files of dist/ are served", /<title>Hello from Vite<\/title>/],
  ])("%s says what it is, and answers", async (name, found, answer) => {
    const folder = platform.repository(name);
    platform.nagi(["create", name], { cwd: folder });
    const { code, stderr } = platform.push(folder);
    expect(stderr).toContain(found);
    expect(code, stderr).toBe(0);
    const { status, text } = await platform.request(name);
    expect({ status, text }).toEqual({ status: 200, text: expect.stringMatching(answer) as string });
    platform.nagi(["destroy", name, "--confirm", name], { cwd: folder });
  });
});
