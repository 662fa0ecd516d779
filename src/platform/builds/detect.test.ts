import { describe, expect, it } from "vitest";
import { planLanguage, recognise, type Wanted } from "./detect.ts";
import type { Detection } from "./plan.ts";
import { sourceTreeOf, type SourceTree } from "./source-tree.ts";

const versions = { node: "24.21.0", python: "3.11.2", go: "1.19.8", ruby: "3.1.2", php: "8.2", java: "17" };
const manifest = (fields: object): string => JSON.stringify({ name: "app", ...fields });
const started = { scripts: { start: "node server.js" } };

function detect(tree: SourceTree, wanted: Wanted = {}): Detection {
  const recognised = recognise(tree, wanted);
  if (!recognised.ok) return recognised;
  if ("buildpacks" in recognised)
    return { ok: false, message: `buildpacks ${recognised.buildpacks.urls.join(" ")}` };
  if (recognised.plan !== undefined) return { ok: true, plan: recognised.plan };
  return planLanguage(recognised.language, tree, versions);
}

function found(files: Record<string, string>): string {
  const detection = detect(sourceTreeOf(files));
  return detection.ok ? `${detection.plan.strategy}: ${detection.plan.explanation}` : detection.message;
}

describe("detect explains what it found", () => {
  it.each<[string, Record<string, string>, string | RegExp]>([
    ["a Dockerfile", { Dockerfile: "FROM x" }, "dockerfile: Container image from Dockerfile"],
    [
      "a Containerfile before a Dockerfile and package.json",
      { Dockerfile: "", Containerfile: "", "package.json": "{}", Procfile: "web: a\nworker: b" },
      "dockerfile: Container image from Containerfile, Procfile with web, worker",
    ],
    [
      "a start script and no lockfile",
      { "package.json": manifest(started), "server.js": "" },
      "nodejs: Node.js app: package.json; Node.js 24.21.0; start script",
    ],
    [
      "engines that the platform satisfies",
      {
        "package.json": manifest({ engines: { node: ">=20 <25" } }),
        "package-lock.json": "{}",
        Procfile: "web: node a.js",
      },
      'nodejs: Node.js app: package.json with package-lock.json; Node.js 24.21.0 (engines ">=20 <25"); Procfile with web',
    ],
    [
      "engines that it does not satisfy",
      {
        "package.json": manifest({ ...started, engines: { node: "22.x" } }),
        "yarn.lock": "# yarn lockfile v1",
      },
      'nodejs: Node.js app: package.json with yarn.lock; Node.js 22.x (engines "22.x"); start script',
    ],
    [
      ".nvmrc with the name of a line",
      { "package.json": manifest(started), ".nvmrc": "lts/jod\n" },
      'nodejs: Node.js app: package.json; Node.js 22 (.nvmrc "lts/jod"); start script',
    ],
    [
      "pnpm with engines",
      { "package.json": manifest({ ...started, engines: { node: ">=24" } }), "pnpm-lock.yaml": "" },
      'nodejs: Node.js app: package.json with pnpm-lock.yaml; Node.js 24.21.0 (engines ">=24"); start script',
    ],
    [
      "a Flask app",
      { "requirements.txt": "flask", "app.py": "from flask import Flask\napp = Flask(__name__)" },
      "python: Python app: requirements.txt; Python 3.11.2; Flask app app:app",
    ],
    [
      "a Flask factory in a module of another name",
      { "requirements.txt": "flask", "shop.py": "def create_app():\n  pass" },
      "python: Python app: requirements.txt; Python 3.11.2; Flask app shop:create_app()",
    ],
    [
      "FastAPI with pyproject.toml and wheels",
      {
        "pyproject.toml": '[project]\ndependencies = ["fastapi"]\nrequires-python = ">=3.9,<4"',
        "wheels/fastapi-1.whl": "",
        "main.py": "api: FastAPI = FastAPI(title='x')",
      },
      'python: Python app: pyproject.toml and the wheels in wheels/; Python 3.11.2 (requires-python ">=3.9,<4"); FastAPI app main:api',
    ],
    [
      "Django with poetry",
      {
        "pyproject.toml": "",
        "poetry.lock": "",
        "manage.py": "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site1.settings')",
        "site1/wsgi.py": "",
        "other/wsgi.py": "",
        ".python-version": "3.11",
      },
      'python: Python app: pyproject.toml with poetry.lock; Python 3.11.2 (.python-version "3.11"); Django app site1.wsgi:application',
    ],
    [
      "Django with ASGI alone",
      { "manage.py": "", "shop/asgi.py": "" },
      "python: Python app: no requirements.txt; Python 3.11.2; Django app shop.asgi:application",
    ],
    [
      "another Python than there is",
      { "app.py": "", "runtime.txt": "python-3.12.1" },
      'runtime.txt asks for Python "3.12.1", and the platform has 3.11.2: change it, use a platform with that version (`nagi platforms`), or add a Dockerfile',
    ],
    [
      "a Python library without an app",
      { "requirements.txt": "", "lib.py": "x = 1" },
      /^cannot tell how to start this Python app/,
    ],
    ["a broken pyproject.toml", { "pyproject.toml": "[project" }, /^pyproject\.toml: /],
    [
      "a Go app with vendored modules",
      { "go.mod": "module example.com/shop/v2\n", "main.go": "package main", "vendor/modules.txt": "" },
      "go: Go app: go.mod with vendor/; Go 1.19.8; package main in .; web is bin/shop",
    ],
    [
      "Go with several programs",
      {
        "go.mod": "module x\n",
        "cmd/worker/main.go": "package main",
        "cmd/web/main.go": "// x\npackage main",
      },
      "go: Go app: go.mod; Go 1.19.8; package main in ./cmd/web, ./cmd/worker; web is bin/web",
    ],
    ["a Go library", { "go.mod": "module x\n", "x.go": "package x" }, /no `package main`/],
    [
      "a Rack app with cached gems",
      {
        Gemfile: "ruby '~> 3.1'\ngem 'puma'",
        "Gemfile.lock": "",
        "vendor/cache/x-1.gem": "",
        "config.ru": "",
      },
      'ruby: Ruby app: Gemfile with Gemfile.lock and the gems in vendor/cache/; Ruby 3.1.2 (Gemfile "~> 3.1"); config.ru on Puma',
    ],
    [
      "a Rails app",
      {
        Gemfile: "gem 'rails'\ngem 'puma'",
        "config.ru": "",
        "config/application.rb": "",
        "config/puma.rb": "",
      },
      "ruby: Ruby app: Gemfile; Ruby 3.1.2; Rails on Puma",
    ],
    [
      "another Ruby than there is",
      { "config.ru": "", ".ruby-version": "ruby-3.3.0" },
      /^\.ruby-version asks for Ruby "3\.3\.0", and the platform has 3\.1\.2/,
    ],
    ["a Ruby library", { Gemfile: "" }, /^cannot tell how to start this Ruby app/],
    [
      "a PHP app with its vendored packages",
      { "composer.json": "{}", "composer.lock": "", "vendor/autoload.php": "", "public/index.php": "" },
      "php: PHP app: composer.json with composer.lock and vendor/; PHP 8.2; Apache serves public/",
    ],
    [
      "plain PHP",
      { "index.php": "", "index.html": "" },
      "php: PHP app: index.php; PHP 8.2; Apache serves the root",
    ],
    ["a broken composer.json", { "composer.json": "{" }, /^composer\.json: /],
    ["a PHP library", { "composer.json": "{}" }, /^cannot tell what this PHP app serves/],
    [
      "Maven with its wrapper",
      { "pom.xml": "", mvnw: "" },
      "java: Java app: pom.xml with mvnw; Java 17; java $JAVA_OPTS -XX:MaxRAMPercentage=75 -jar app.jar",
    ],
    [
      "Gradle in Kotlin",
      { "build.gradle.kts": "", Procfile: "web: java -jar app.jar" },
      "java: Java app: build.gradle.kts; Java 17; Procfile with web",
    ],
    [
      "Java without a build tool",
      { "Hello.java": "package a.b;\nclass Hello { public static void main(String[] a) {} }" },
      "java: Java app: Hello.java; Java 17; java $JAVA_OPTS -XX:MaxRAMPercentage=75 -cp 'classes:lib/*' a.b.Hello",
    ],
    [
      "a finished jar",
      { "shop-1.2.jar": "" },
      "java: Java app: shop-1.2.jar; Java 17; java $JAVA_OPTS -XX:MaxRAMPercentage=75 -jar shop-1.2.jar",
    ],
    [
      "a bare Procfile",
      { Procfile: "web: ./serve", Aptfile: "perl # for the server\n" },
      "procfile: Procfile with web: no language that is known, so plain Debian, Aptfile with perl",
    ],
    [
      "an Aptfile that is none",
      { Procfile: "web: ./serve", Aptfile: "\n$(reboot)" },
      'Aptfile line 2: "$(reboot)" is not the name of a Debian package: write one a line, for instance libpq5',
    ],
    ["index.html", { "index.html": "" }, "static: Static site: index.html"],
    ["public/index.html", { "public/index.html": "" }, "static: Static site: public/index.html"],
    [
      "static.json",
      {
        "dist/index.html": "",
        "static.json": '{"root":"dist/","routes":{"/**":"index.html"}}',
      },
      "static: Static site: dist/index.html, everything else answered by index.html",
    ],
    [
      "nothing known",
      { "main.c": "" },
      /^cannot tell what kind of app this is: looked for Containerfile, Dockerfile, package.json, .* and Procfile in the root of the source; add one of them\.$/,
    ],
    ["no files", {}, "the source has no files: commit something first"],
    [
      "a broken Procfile",
      { Procfile: "web" },
      'Procfile line 1: "web" has no colon: write `name: command`, for instance `web: node server.js`',
    ],
    [
      "a broken engines",
      { "package.json": manifest({ engines: { node: "new" } }) },
      'engines asks for Node.js "new", which is not a version range: write for instance ">=24"',
    ],
    ["package.json that is no object", { "package.json": "[]" }, "package.json: must be an object"],
    [
      "no way to start",
      { "package.json": manifest({}) },
      'cannot tell how to start this Node.js app: add a "start" script to package.json, or a Procfile with for instance `web: node server.js`',
    ],
    [
      "two lockfiles",
      { "package.json": manifest(started), "yarn.lock": "", "package-lock.json": "" },
      "the source has yarn.lock and package-lock.json: keep the lockfile of one package manager",
    ],
    [
      "static.json that names what is not there",
      { "static.json": '{"root":"dist"}' },
      "static.json: there is no dist/index.html in the source",
    ],
    [
      "static.json that leads out",
      { "static.json": '{"root":"../.."}' },
      'static.json: root must be a directory of the source, for instance "dist"',
    ],
  ])("%s", (_name, files, explanation) => {
    expect(found(files)).toEqual(
      typeof explanation === "string" ? explanation : expect.stringMatching(explanation),
    );
  });

  it("says where package.json is broken", () => {
    expect(found({ "package.json": '{"name": }' })).toMatch(/^package\.json: .*JSON/);
  });

  it("builds as it is told, whatever it would find", () => {
    const tree = sourceTreeOf({ Dockerfile: "FROM x", "index.html": "", "package.json": manifest(started) });
    expect(detect(tree, { language: "static" })).toMatchObject({ plan: { strategy: "static" } });
    expect(detect(tree, { language: "go" })).toEqual({
      ok: false,
      message: "the build is for go, but the source has none of go.mod",
    });
    expect(detect(tree, { language: "cobol" })).toMatchObject({
      message: expect.stringContaining("there are nodejs"),
    });
  });

  it("takes the Dockerfile that the build names, and misses it", () => {
    const tree = sourceTreeOf({ "docker/Dockerfile.prod": "", "package.json": manifest(started) });
    const named = detect(tree, { dockerfilePath: "docker/Dockerfile.prod" });
    expect(named).toMatchObject({
      ok: true,
      plan: { strategy: "dockerfile", dockerfilePath: "docker/Dockerfile.prod" },
    });
    const missing = detect(tree, { dockerfilePath: "Dockerfile" });
    expect(missing).toMatchObject({ ok: false, message: expect.stringContaining("no Dockerfile") });
  });
});

it("lets a Procfile with nothing but a release phase leave the start to detection", () => {
  const files = { "package.json": manifest(started), "server.js": "", Procfile: "release: node migrate.js" };
  const detection = detect(sourceTreeOf(files));
  expect(detection.ok && detection.plan.processes).toMatchObject({
    web: expect.stringContaining("node server.js") as string,
    release: "node migrate.js",
  });
});

describe("a platform whose versions are not known", () => {
  it.each<[string, Record<string, string>, string]>([
    [
      "Python",
      { "pyproject.toml": '[project]\nname = "a"\nrequires-python = ">=3.9"\n', "app.py": "" },
      'Python (requires-python ">=3.9", the platform\'s version is not known)',
    ],
    [
      "Ruby",
      { Gemfile: 'ruby "~> 3.1"\n', "config.ru": "" },
      'Ruby (Gemfile "~> 3.1", the platform\'s version is not known)',
    ],
    [
      "Node.js",
      { "package.json": manifest({ ...started, engines: { node: ">=20" } }) },
      'Node.js (engines ">=20")',
    ],
    [
      "Node.js with a range that is none",
      { "package.json": manifest({ ...started, engines: { node: "latest!" } }) },
      "is not a version range: write for instance",
    ],
  ])("is judged against no range: %s", (_what, files, text) => {
    const recognised = recognise(sourceTreeOf(files));
    if (!recognised.ok || !("language" in recognised) || recognised.language === undefined)
      throw new Error("it is of no language");
    const detection = planLanguage(recognised.language, sourceTreeOf(files), {});
    expect(detection.ok ? detection.plan.explanation : detection.message).toContain(text);
  });
});
