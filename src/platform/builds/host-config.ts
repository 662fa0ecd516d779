/**
 * The host's way to the outside, for builds: npm's registry and its credentials, extra certificates, proxies.
 * It reaches the steps of a build as secrets and predefined arguments, never a layer.
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";

export interface HostConfig {
  /** Text of an .npmrc; "" when the host has nothing to say. */
  readonly npmrc: string;
  /** PEM certificates to trust besides the public ones. */
  readonly ca: string;
  /** http_proxy, https_proxy, no_proxy and their kin. */
  readonly proxies: Readonly<Record<string, string>>;
}

export interface HostConfigOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** npm's global configuration files, besides the user's. */
  readonly globalNpmrc?: readonly string[] | undefined;
}

/** What of an .npmrc says where packages come from; the rest is about the user's own work. */
const fetchKeys =
  /^(registry|@[^:]+:registry|\/\/.+|proxy|http-proxy|https-proxy|noproxy|strict-ssl|ca|_auth|always-auth)$/;
const globalFiles = ["/etc/npmrc", "/usr/etc/npmrc", "/usr/local/etc/npmrc"];
/** Node.js adds these to the public ones; the others replace them. */
const caVariables = ["NODE_EXTRA_CA_CERTS", "NPM_CONFIG_CAFILE", "npm_config_cafile", "SSL_CERT_FILE"];
const maxCaBytes = 4 * 1024 ** 2;

export async function loadHostConfig(options: HostConfigOptions): Promise<HostConfig> {
  const { env } = options;
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
    proxies: proxiesOf(env),
  };
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

function proxiesOf(env: HostConfigOptions["env"]): Record<string, string> {
  const proxies: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (/^(https?|ftp|all|no)_proxy$/i.test(name) && value !== undefined && value !== "")
      proxies[name] = value;
  }
  return proxies;
}
