/**
 * The way to the outside, for builds of every language: proxies, extra certificates, mirrors and their credentials.
 * It comes from the environment that Nagi runs in and from a file of settings over it, and reaches the steps of a
 * build as secrets and predefined arguments, never a layer.
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { parseEnv } from "node:util";
import { debianSources } from "../../lib/debian-sources.ts";
import { buildSecrets, secretsDir } from "./containerfile.ts";

export interface HostConfig {
  /** Text of an .npmrc; "" when the host has nothing to say. */
  readonly npmrc: string;
  /** PEM certificates to trust besides the public ones. */
  readonly ca: string;
  /** http_proxy, https_proxy, no_proxy and their kin, each in lower and in upper case: programs read one or the other. */
  readonly proxies: Readonly<Record<string, string>>;
  /** Where the package managers of the languages fetch from, by the names of their variables. */
  readonly mirrors: Readonly<Record<string, string>>;
  /** apt's settings, in its own syntax; certificates and mirror are not among them. */
  readonly apt: string;
  /** Where Debian's packages come from; absent: from where the base images say. */
  readonly debianMirror?: string | undefined;
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
  /^(PIP_(INDEX_URL|EXTRA_INDEX_URL|TRUSTED_HOST)|UV_(DEFAULT_INDEX|INDEX_URL)|POETRY_\w+|BUNDLE_\w+|GEM_SOURCE|GOPROXY|GOPRIVATE|GONOPROXY|GONOSUMDB|GOSUMDB|GOINSECURE|MAVEN_MIRROR_URL|GRADLE_OPTS|COMPOSER_(MIRROR_URL|AUTH)|DEBIAN_MIRROR)$/;
const proxyVariables = /^(https?|ftp|all|no)_proxy$/i;
const publicCertificates = "/etc/ssl/certs/ca-certificates.crt";

/** What of an .npmrc says where packages come from; the rest is about the user's own work. */
const fetchKeys =
  /^(registry|@[^:]+:registry|\/\/.+|proxy|http-proxy|https-proxy|noproxy|strict-ssl|ca|_auth|always-auth)$/;
const globalFiles = ["/etc/npmrc", "/usr/etc/npmrc", "/usr/local/etc/npmrc"];
/** Node.js adds these to the public ones; the others replace them. */
const caVariables = ["NODE_EXTRA_CA_CERTS", "NPM_CONFIG_CAFILE", "npm_config_cafile", "SSL_CERT_FILE"];
const maxCaBytes = 4 * 1024 ** 2;

export async function loadHostConfig(options: HostConfigOptions): Promise<HostConfig> {
  const file = await settingsIn(options.settingsFile);
  const env = { ...options.env, ...file };
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
    proxies: { ...inBothCases(options.env), ...inBothCases(file) },
    mirrors: matching(env, mirrorVariables),
    apt: `${options.apt ?? ""}${aptProxies(inBothCases(file))}`,
    debianMirror: debianMirror(env["DEBIAN_MIRROR"]),
  };
}

/** In a URL with a path, as apt wants it, and without the slash that it adds itself. */
function debianMirror(given: string | undefined): string | undefined {
  if (given === undefined || given === "") return undefined;
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || /\s/.test(given))
    throw new Error(
      `DEBIAN_MIRROR is ${JSON.stringify(given)}: it must be the address of a Debian mirror, for instance https://mirror.example.com/debian; it is set in build.env or in the environment of Nagi`,
    );
  return given.replace(/\/+$/, "");
}

/** The settings' own go before those of apt's configuration, which go before the environment. */
function aptProxies(proxies: Readonly<Record<string, string>>): string {
  return ["http", "https"]
    .map((scheme) => [scheme, proxies[`${scheme}_proxy`]] as const)
    .filter(([, proxy]) => proxy !== undefined)
    .map(([scheme, proxy]) => `Acquire::${scheme}::Proxy "${proxy?.replaceAll('"', "%22")}";\n`)
    .join("");
}

/** What the steps of a build can mount, as text by id. `suite`: the Debian release of the base image, where it is known. */
export async function secretsOf(host: HostConfig, suite?: string): Promise<Record<string, string>> {
  const { npmrc, ca, mirrors, apt, debianMirror: mirror } = host;
  const hasMirror = mirror !== undefined && suite !== undefined;
  const variables = {
    ...yarnVariables(npmrc, ca),
    ...mirrors,
    ...(ca === "" ? {} : certificateVariables),
  };
  const lines = Object.entries(variables).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`,
  );
  const aptMore = [
    ca === "" ? "" : `Acquire::https::CAInfo "${bundle}";\n`,
    hasMirror ? `Dir::Etc::SourceList "${secretsDir}/${buildSecrets.aptSources}";\n` : "",
  ];
  return {
    [buildSecrets.environment]: lines.join(""),
    [buildSecrets.npmrc]: npmrc,
    [buildSecrets.apt]: apt,
    [buildSecrets.aptMirror]: aptMore.join(""),
    ...(hasMirror ? { [buildSecrets.aptSources]: debianSources(mirror, suite).join("\n").concat("\n") } : {}),
    ...(ca === "" ? {} : { [buildSecrets.ca]: ca, [buildSecrets.caBundle]: await caBundle(ca) }),
  };
}

/** The certificates with the public ones, for programs that take theirs from one file. */
export async function caBundle(ca: string): Promise<string> {
  const known = await read(publicCertificates);
  return `${known === "" ? rootCertificates.join("\n") : known}\n${ca}`;
}

/** Yarn from version 2 on reads no .npmrc. */
function yarnVariables(npmrc: string, ca: string): Record<string, string> {
  const registry = /^registry=(.+)$/m.exec(npmrc)?.[1];
  return {
    ...(registry === undefined ? {} : { YARN_NPM_REGISTRY_SERVER: registry.replace(/\/+$/, "") }),
    ...(ca === "" ? {} : { YARN_HTTPS_CA_FILE_PATH: bundle }),
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

function inBothCases(env: HostConfigOptions["env"]): Record<string, string> {
  const found = matching(env, proxyVariables);
  const entries = Object.entries(found).flatMap(([name, value]) =>
    [name.toLowerCase(), name.toUpperCase()].map((each) => [each, found[each] ?? value] as const),
  );
  return Object.fromEntries(entries);
}

function matching(env: HostConfigOptions["env"], names: RegExp): Record<string, string> {
  const found = Object.entries(env).filter(
    (entry): entry is [string, string] => names.test(entry[0]) && entry[1] !== undefined && entry[1] !== "",
  );
  return Object.fromEntries(found);
}
