/**
 * Every language: its page of the guide goes as it begins. None needs anything but Debian's packages and npm's; further
 * examples of each are in examples.test.ts.
 */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runGuideExample } from "../harness/guide.ts";
import { TestPlatform } from "../harness/platform.ts";

let platform: TestPlatform;
beforeAll(async () => {
  platform = await TestPlatform.start();
});
afterAll(() => platform.stop());

describe("the guide's page", () => {
  it.each<[string, string, RegExp, RegExp]>([
    [
      "nodejs.md",
      "hello-node",
      /Node\.js app: package\.json with package-lock\.json/,
      /^Hello from Express$/m,
    ],
    ["python.md", "hello-python", /Python app: requirements\.txt; Python .*Flask/, /^Hello from Python$/m],
    ["ruby.md", "hello-ruby", /Ruby app: Gemfile; Ruby .*config\.ru on Puma/, /^Hello from Ruby$/m],
    ["php.md", "hello-php", /PHP app: composer\.json; PHP .*public/, /^Hello from PHP$/m],
    ["go.md", "hello-go", /Go app: go\.mod; Go .*package main in \./, /^Hello from Go$/m],
    ["java.md", "hello-java", /Java app: pom\.xml; Java /, /^Hello from Maven$/m],
    [
      "static.md",
      "hello-site",
      /Static site: index\.html, everything else/,
      /^<h1>Hello from a file<\/h1>$/m,
    ],
    ["procfile.md", "hello-perl", /Procfile with web: no language that is known/, /^Hello from Perl$/m],
  ])("%s begins with an example that works", (page, app, found, answer) => {
    const { code, stdout } = runGuideExample(platform, page);
    expect(stdout).toMatch(found);
    expect(stdout).toMatch(answer);
    expect(code).toBe(0);
    platform.nagi(["destroy", app, "--confirm", app]);
  });
});
