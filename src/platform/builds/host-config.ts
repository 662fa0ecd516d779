/**
 * The way to the outside, for builds of every language: proxies, extra certificates, mirrors and their credentials.
 * It comes from the environment that Nagi runs in and from a file of settings over it, and reaches the steps of a
 * build as secrets and predefined arguments, never a layer.
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { buildSecrets, secretsDir } from "./containerfile.ts";

export interface HostConfig {
  /** Text of an .npmrc; "" when the host has nothing to say. */
  readonly npmrc: string;
  /** PEM certificates to trust besides the public ones. */
  readonly ca: string;
  /** http_proxy, https_proxy, no_proxy and their kin. */
  readonly proxies: Readonly<Record<string, string>>;
  /** Where the package managers of the languages fetch from, by the names of their variables. */
  readonly mirrors: Readonly<Record<string, string>>;
  /** apt's settings, in its own syntax. */
  readonly apt: string;
}

export interface HostConfigOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** npm's global configuration files, besides the user's. */
  readonly globalNpmrc?: readonly string[] | undefined;
  /** File of NAME=VALUE lines that hold over the environment; it need not be there. */
  readonly settingsFile?: string | undefined;
  readonly apt?: string | undefined;
}

/** Variables that reach the steps as they are. */
const mirrorVariables =
  /^(PIP_(INDEX_URL|EXTRA_INDEX_URL|TRUSTED_HOST)|UV_(DEFAULT_INDEX|INDEX_URL)|POETRY_\w+|BUNDLE_\w+|GEM_SOURCE|GOPROXY|GOPRIVATE|GONOPROXY|GONOSUMDB|GOSUMDB|GOINSECURE|MAVEN_MIRROR_URL|GRADLE_OPTS|COMPOSER_(MIRROR_URL|AUTH))$/;
const publicCertificates = "/etc/ssl/certs/ca-certificates.crt";

/** What of an .npmrc says where packages come from; the rest is about the user's own work. */
const fetchKeys =
  /^(registry|@[^:]+:registry|\/\/.+|proxy|http-proxy|https-proxy|noproxy|strict-ssl|ca|_auth|always-auth)$/;
const globalFiles = ["/etc/npmrc", "/usr/etc/npmrc", "/usr/local/etc/npmrc"];
/** Node.js adds these to the public ones; the others replace them. */
const caVariables = ["NODE_EXTRA_CA_CERTS", "NPM_CONFIG_CAFILE", "npm_config_cafile", "SSL_CERT_FILE"];
const maxCaBytes = 4 * 1024 ** 2;

export async function loadHostConfig(options: HostConfigOptions): Promise<HostConfig> {
  const env = { ...options.env, ...(await settingsIn(options.settingsFile)) };
  const user = env["NPM_CONFIG_USERCONFIG"] ?? env["npm_config_userconfig"] ?? join(options.home, ".npmrc");
  const files = [...(options.globalNpmrc ?? globalFiles), user];
  const settings = new Map<string, string>();
  for (const file of files) {
    for (const [key, value] of settingsOf(await read(file), env)) settings.set(key, value);
  }
  for (const [key, value] of settingsOfEnv(env)) settings.set(key, value);
  const caFiles = new Set([...caVariables.map((name) => env[name]), settings.get("cafile")]);
  const lines = [...settings].filter(([key]) => fetchKeys.test(key)).map(([key, value]) => `${key}=${value}`);
  return {
    npmrc: lines.length === 0 ? "" : `${lines.join("\n")}\n`,
    ca: await certificates(caFiles),
    proxies: matching(env, /^(https?|ftp|all|no)_proxy$/i),
    mirrors: matching(env, mirrorVariables),
    apt: options.apt ?? "",
  };
}

/** What the steps of a build can mount, as text by id. */
export async function secretsOf({ npmrc, ca, mirrors, apt }: HostConfig): Promise<Record<string, string>> {
  const variables = { ...mirrors, ...(ca === "" ? {} : certificateVariables) };
  const lines = Object.entries(variables).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`,
  );
  return {
    [buildSecrets.environment]: lines.join(""),
    [buildSecrets.npmrc]: npmrc,
    [buildSecrets.apt]: apt,
    ...(ca === ""
      ? {}
      : { [buildSecrets.ca]: ca, [buildSecrets.caBundle]: `${await read(publicCertificates)}\n${ca}` }),
  };
}

const bundle = `${secretsDir}/${buildSecrets.caBundle}`;
const certificateVariables: Readonly<Record<string, string>> = {
  // Node.js adds these to the public ones; what the others are told replaces them.
  NODE_EXTRA_CA_CERTS: `${secretsDir}/${buildSecrets.ca}`,
  SSL_CERT_FILE: bundle,
  CURL_CA_BUNDLE: bundle,
  REQUESTS_CA_BUNDLE: bundle,
  PIP_CERT: bundle,
  GIT_SSL_CAINFO: bundle,
  BUNDLE_SSL_CA_CERT: bundle,
  COMPOSER_CAFILE: bundle,
};

async function settingsIn(file: string | undefined): Promise<Record<string, string | undefined>> {
  return file === undefined ? {} : { ...parseEnv(await read(file)) };
}

async function read(path: string): Promise<string> {
  return await readFile(path, "utf8").catch(() => "");
}

function* settingsOf(text: string, env: HostConfigOptions["env"]): Generator<[string, string]> {
  for (const raw of text.split("\n")) {
    const line = raw.trim();
    const equals = line.indexOf("=");
    if (equals < 1 || line.startsWith("#") || line.startsWith(";")) continue;
    const value = line
      .slice(equals + 1)
      .trim()
      .replace(/^"(.*)"$/, "$1");
    const expanded = value.replaceAll(/\$\{([^}]+)\}/g, (whole, name: string) => env[name] ?? whole);
    yield [line.slice(0, equals).trim(), expanded];
  }
}

function* settingsOfEnv(env: HostConfigOptions["env"]): Generator<[string, string]> {
  for (const [name, value] of Object.entries(env)) {
    const key = /^npm_config_(.+)$/i.exec(name)?.[1];
    if (key === undefined || value === undefined || value === "") continue;
    yield [key.startsWith("//") || key.startsWith("@") ? key : key.toLowerCase().replaceAll("_", "-"), value];
  }
}

async function certificates(files: ReadonlySet<string | undefined>): Promise<string> {
  const seen = new Set<string>();
  for (const file of files) {
    if (file === undefined) continue;
    const text = await read(file);
    if (text.length > maxCaBytes) continue;
    for (const [pem] of text.matchAll(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g))
      seen.add(pem);
  }
  return seen.size === 0 ? "" : `${[...seen].join("\n")}\n`;
}

function matching(env: HostConfigOptions["env"], names: RegExp): Record<string, string> {
  const found = Object.entries(env).filter(
    (entry): entry is [string, string] => names.test(entry[0]) && entry[1] !== undefined && entry[1] !== "",
  );
  return Object.fromEntries(found);
}
