/**
 * The way to the outside for everything that fetches: builds, base images, imports, git. One file of settings over the
 * environment; read each time, so that who changes it need not start Nagi again.
 */

import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Outside } from "../lib/outside.ts";
import { caBundle, loadHostConfig, secretsOf, type HostConfig } from "../platform/builds/host-config.ts";
import { hostAptSettings } from "../platform/platforms/host-apt.ts";
import { paths } from "./config.ts";
import { engineEnvironment } from "./environment.ts";

export async function hostConfig(dataDir: string): Promise<HostConfig> {
  const apt = await hostAptSettings(engineEnvironment());
  const settingsFile = paths(dataDir).buildSettings;
  return await loadHostConfig({ env: process.env, home: homedir(), settingsFile, apt });
}

/** Certificates and npm's configuration are put into files, since that is how programs take them. */
export async function outsideOf(dataDir: string): Promise<Outside> {
  const host = await hostConfig(dataDir);
  const directory = paths(dataDir).outside;
  await mkdir(directory, { recursive: true, mode: 0o711 });
  const file = async (name: string, text: string, mode: number): Promise<string> => {
    const path = join(directory, name);
    if ((await readFile(path, "utf8").catch(() => undefined)) === text) return path;
    // Another one may read it meanwhile.
    const fresh = `${path}.${process.pid}-${fileNumber++}`;
    await writeFile(fresh, text, { mode });
    await rename(fresh, path);
    return path;
  };
  const env: Record<string, string> = { ...engineEnvironment(), ...host.proxies };
  let apt = host.apt;
  if (host.ca !== "") {
    const bundle = await file("ca-bundle.pem", await caBundle(host.ca), 0o644);
    for (const name of bundleVariables) env[name] = bundle;
    env["NODE_EXTRA_CA_CERTS"] = await file("ca.pem", host.ca, 0o644);
    apt += `Acquire::https::CAInfo "${bundle}";\n`;
  }
  if (host.npmrc !== "") {
    // It holds what these say, and the settings' own word over it.
    for (const name of ["NPM_CONFIG_REGISTRY", "npm_config_registry"]) delete env[name];
    env["NPM_CONFIG_USERCONFIG"] = await file("npmrc", host.npmrc, 0o600);
  }
  const secrets = (suite: string): Promise<Record<string, string>> => secretsOf(host, suite);
  return { env, proxies: host.proxies, secrets, apt, debianMirror: host.debianMirror };
}

let fileNumber = 0;

/** What they name replaces the public certificates. */
const bundleVariables = ["SSL_CERT_FILE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO"];
