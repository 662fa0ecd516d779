import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildSecrets } from "./containerfile.ts";
import { planLanguage } from "./detect.ts";
import { loadHostConfig, secretsOf } from "./host-config.ts";
import { languages } from "./languages/languages.ts";
import { sourceTreeOf } from "./source-tree.ts";

let home: string;
const pem = (body: string): string => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----`;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "nagi-host-"));
});
afterAll(() => rm(home, { recursive: true }));

it("takes what says where packages come from, and nothing else", async () => {
  await writeFile(
    join(home, ".npmrc"),
    [
      "# mine",
      "registry=https://registry.test/",
      "@team:registry = https://team.test/",
      "//team.test/:_authToken=${TEAM_TOKEN}",
      "init-author-name=Ann",
      `cafile="${join(home, "ca.pem")}"`,
      "prefix=/home/ann",
    ].join("\n"),
  );
  await writeFile(join(home, "ca.pem"), `comment\n${pem("one")}\n${pem("two")}\n`);
  await writeFile(join(home, "more.pem"), pem("two"));
  const env = {
    TEAM_TOKEN: "t0ken",
    NODE_EXTRA_CA_CERTS: join(home, "more.pem"),
    npm_config_strict_ssl: "false",
    https_proxy: "http://proxy.test:3128",
    NO_PROXY: "localhost",
    HTTP_PROXY: "",
  };
  expect(await loadHostConfig({ env, home, globalNpmrc: [] })).toEqual({
    npmrc: [
      "registry=https://registry.test/",
      "@team:registry=https://team.test/",
      "//team.test/:_authToken=t0ken",
      "strict-ssl=false",
      "",
    ].join("\n"),
    ca: `${pem("two")}\n${pem("one")}\n`,
    proxies: {
      https_proxy: "http://proxy.test:3128",
      HTTPS_PROXY: "http://proxy.test:3128",
      no_proxy: "localhost",
      NO_PROXY: "localhost",
    },
    mirrors: {},
    apt: "",
  });
});

it("is empty where the host has nothing to say", async () => {
  const config = await loadHostConfig({ env: {}, home: join(home, "nobody"), globalNpmrc: [] });
  expect(config).toEqual({ npmrc: "", ca: "", proxies: {}, mirrors: {}, apt: "" });
});

it("lets one file say it for every language, over the environment", async () => {
  const settingsFile = join(home, "build.env");
  await writeFile(join(home, "ca.pem"), pem("one"));
  await writeFile(
    settingsFile,
    `# mirrors\nPIP_INDEX_URL=https://me:it's@pypi.test/simple\nGOPROXY="https://go.test"\nHTTPS_PROXY=http://p.test\nSSL_CERT_FILE=${home}/ca.pem\nEDITOR=vi\n`,
  );
  const env = { GOPROXY: "https://other.test", https_proxy: "http://other.test" };
  const config = await loadHostConfig({ env, home: join(home, "nobody"), globalNpmrc: [], settingsFile });
  expect(config).toMatchObject({
    // Programs that read the lower case see the file's word too.
    proxies: { HTTPS_PROXY: "http://p.test", https_proxy: "http://p.test" },
    apt: 'Acquire::https::Proxy "http://p.test";\n',
    mirrors: { PIP_INDEX_URL: "https://me:it's@pypi.test/simple", GOPROXY: "https://go.test" },
  });
  const secrets = await secretsOf(config);
  expect(secrets["nagi-env"]).toContain(`export PIP_INDEX_URL='https://me:it'\\''s@pypi.test/simple'\n`);
  expect(secrets["nagi-env"]).toContain("export PIP_CERT='/run/secrets/nagi-ca-bundle'\n");
  expect(secrets["nagi-env"]).not.toContain("EDITOR");
  expect(secrets["nagi-ca-bundle"]).toContain(pem("one"));
});

it("tells apt of a Debian mirror and of certificates, for the release that the image is of", async () => {
  await writeFile(join(home, "ca.pem"), pem("one"));
  const env = { DEBIAN_MIRROR: "https://deb.test/debian/", SSL_CERT_FILE: join(home, "ca.pem") };
  const config = await loadHostConfig({ env, home: join(home, "nobody"), globalNpmrc: [] });
  const secrets = await secretsOf(config, "trixie");
  expect(secrets[buildSecrets.aptMirror]).toBe(
    'Acquire::https::CAInfo "/run/secrets/nagi-ca-bundle";\nDir::Etc::SourceList "/run/secrets/nagi-apt-sources";\n',
  );
  expect(secrets[buildSecrets.aptSources]).toBe(
    [
      "deb https://deb.test/debian trixie main",
      "deb https://deb.test/debian trixie-updates main",
      "deb https://deb.test/debian-security trixie-security main",
      "",
    ].join("\n"),
  );
  // Of an image whose release is not known, the sources stay.
  expect((await secretsOf(config))[buildSecrets.aptMirror]).not.toContain("SourceList");
  const wrong = { env: { DEBIAN_MIRROR: "deb.test" }, home: join(home, "nobody"), globalNpmrc: [] };
  await expect(loadHostConfig(wrong)).rejects.toThrow(
    /^DEBIAN_MIRROR is "deb\.test": it must be the address of a Debian mirror/,
  );
});

/** What each tool reads, and an app whose build runs it. */
const tools: readonly (readonly [
  tool: string,
  setting: string,
  reads: RegExp,
  language: string,
  files: Readonly<Record<string, string>>,
  runs: RegExp,
])[] = [
  [
    "npm",
    "NPM_CONFIG_REGISTRY=https://mirror.test/npm/",
    /^registry=https:\/\/mirror\.test\/npm\/$/m,
    "nodejs",
    { "package.json": '{"dependencies":{"x":"1"},"scripts":{"start":"node x.js"}}' },
    /NPM_CONFIG_USERCONFIG=\/run\/secrets\/nagi-npmrc .*npm install/,
  ],
  [
    "yarn from version 2 on",
    "NPM_CONFIG_REGISTRY=https://mirror.test/npm/",
    /^export YARN_NPM_REGISTRY_SERVER='https:\/\/mirror\.test\/npm'$/m,
    "nodejs",
    {
      "package.json": '{"dependencies":{"x":"1"},"scripts":{"start":"node x.js"}}',
      "yarn.lock": "__metadata:\n  version: 8\n",
    },
    /yarn install --immutable/,
  ],
  [
    "pip",
    "PIP_INDEX_URL=https://mirror.test/simple",
    /^export PIP_INDEX_URL='https:\/\/mirror\.test\/simple'$/m,
    "python",
    { "requirements.txt": "x\n", "app.py": "" },
    /\.venv\/bin\/pip install/,
  ],
  [
    "bundler",
    "BUNDLE_MIRROR__ALL=https://mirror.test/gems",
    /^export BUNDLE_MIRROR__ALL='https:\/\/mirror\.test\/gems'$/m,
    "ruby",
    { Gemfile: 'source "https://rubygems.org"\ngem "x"\n', "config.ru": "" },
    /bundle install/,
  ],
  [
    "composer",
    "COMPOSER_MIRROR_URL=https://mirror.test/composer",
    /^export COMPOSER_MIRROR_URL='https:\/\/mirror\.test\/composer'$/m,
    "php",
    { "composer.json": '{"require":{"a/x":"*"}}', "index.php": "" },
    /composer config --global repos\.packagist composer "\$COMPOSER_MIRROR_URL"; \} && composer install/,
  ],
  [
    "go",
    "GOPROXY=https://mirror.test/go",
    /^export GOPROXY='https:\/\/mirror\.test\/go'$/m,
    "go",
    { "go.mod": "module x\nrequire a.test/y v1.0.0\n", "main.go": "package main\n" },
    /go mod download/,
  ],
  [
    "maven",
    "MAVEN_MIRROR_URL=https://mirror.test/maven",
    /^export MAVEN_MIRROR_URL='https:\/\/mirror\.test\/maven'$/m,
    "java",
    { "pom.xml": "<project/>" },
    // The settings of the platform read the variable; nagi-java-env gives Java the certificates.
    /nagi-java-env mvn -B -q -s \/etc\/nagi\/settings\.xml/,
  ],
  [
    "gradle",
    "MAVEN_MIRROR_URL=https://mirror.test/maven",
    /^export MAVEN_MIRROR_URL='https:\/\/mirror\.test\/maven'$/m,
    "java",
    { "build.gradle": "" },
    /source=gradle,target=\/run\/nagi-gradle .*nagi-java-env gradle --init-script \/run\/nagi-gradle\/mirror\.gradle/,
  ],
];

/** Certificates, by how each tool is told of them. */
const trusted = /^export (NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|PIP_CERT|BUNDLE_SSL_CA_CERT|COMPOSER_CAFILE)=/gm;

describe("a mirror in build.env", () => {
  it.each(tools)("reaches %s", async (_tool, ...[setting, reads, language, files, runs]) => {
    const settingsFile = join(home, "mirror.env");
    await writeFile(join(home, "ca.pem"), pem("one"));
    await writeFile(settingsFile, `${setting}\nSSL_CERT_FILE=${join(home, "ca.pem")}\n`);
    const config = await loadHostConfig({
      env: {},
      home: join(home, "nobody"),
      globalNpmrc: [],
      settingsFile,
    });
    const secrets = await secretsOf(config, "bookworm");
    expect(`${secrets[buildSecrets.environment]}${secrets[buildSecrets.npmrc]}`).toMatch(reads);
    expect(secrets[buildSecrets.environment]?.match(trusted)).toHaveLength(5);
    const versions = {
      node: "24.0.0",
      python: "3.11.2",
      ruby: "3.1.2",
      php: "8.2.0",
      go: "1.19.8",
      java: "17",
    };
    const known = languages.find(({ name }) => name === language);
    if (known === undefined) throw new Error(`there is no language ${language}`);
    const detection = planLanguage(known, sourceTreeOf(files), versions);
    if (!detection.ok) throw new Error(detection.message);
    const text = detection.plan.containerfile?.({ base: "b", runtime: "r", cacheId: "c" }) ?? "";
    const line = text.split("\n").find((each) => runs.test(each));
    expect(line, text).toBeDefined();
    // The step sees what the settings became, and the image's text nothing of it.
    for (const id of [buildSecrets.environment, buildSecrets.npmrc, buildSecrets.ca, buildSecrets.caBundle])
      expect(line).toContain(`--mount=type=secret,id=${id},`);
    expect(line).toContain(". /run/secrets/nagi-env && ");
    expect(text).not.toContain("mirror.test");
  });
});
