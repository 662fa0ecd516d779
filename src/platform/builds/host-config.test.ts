import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadHostConfig, secretsOf } from "./host-config.ts";

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
    proxies: { https_proxy: "http://proxy.test:3128", NO_PROXY: "localhost" },
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
  const env = { GOPROXY: "https://other.test", HTTPS_PROXY: "http://other.test" };
  const config = await loadHostConfig({ env, home: join(home, "nobody"), globalNpmrc: [], settingsFile });
  expect(config).toMatchObject({
    proxies: { HTTPS_PROXY: "http://p.test" },
    mirrors: { PIP_INDEX_URL: "https://me:it's@pypi.test/simple", GOPROXY: "https://go.test" },
  });
  const secrets = await secretsOf(config);
  expect(secrets["nagi-env"]).toContain(`export PIP_INDEX_URL='https://me:it'\\''s@pypi.test/simple'\n`);
  expect(secrets["nagi-env"]).toContain("export PIP_CERT='/run/secrets/nagi-ca-bundle'\n");
  expect(secrets["nagi-env"]).not.toContain("EDITOR");
  expect(secrets["nagi-ca-bundle"]).toContain(pem("one"));
});
