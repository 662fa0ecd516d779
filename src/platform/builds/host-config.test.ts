import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadHostConfig } from "./host-config.ts";

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
  });
});

it("is empty where the host has nothing to say", async () => {
  const config = await loadHostConfig({ env: {}, home: join(home, "nobody"), globalNpmrc: [] });
  expect(config).toEqual({ npmrc: "", ca: "", proxies: {} });
});
