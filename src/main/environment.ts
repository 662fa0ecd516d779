/** The part of this process's environment that the programs beside Nagi get: nothing is inherited by accident. */

const passedOn = [
  "PATH",
  "HOME",
  "LANG",
  "TMPDIR",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "all_proxy",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "ALL_PROXY",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "NODE_EXTRA_CA_CERTS",
  "NPM_CONFIG_USERCONFIG",
  "NPM_CONFIG_GLOBALCONFIG",
  "NPM_CONFIG_REGISTRY",
  "npm_config_registry",
] as const;

export function engineEnvironment(): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const name of passedOn) {
    const value = process.env[name];
    if (value !== undefined) chosen[name] = value;
  }
  return chosen;
}
