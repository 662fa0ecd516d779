/** Where a drain leads. */

export const drainSchemes = ["syslog+tls", "syslog", "https", "http"] as const;
export type DrainScheme = (typeof drainSchemes)[number];

const usualPorts: Readonly<Record<DrainScheme, number>> = {
  "syslog+tls": 6514,
  syslog: 514,
  https: 443,
  http: 80,
};

export interface DrainTarget {
  readonly scheme: DrainScheme;
  readonly host: string;
  readonly port: number;
  /** The whole address, for HTTP. */
  readonly url: string;
}

/** Undefined for what is no address of a drain. */
export function parseDrainUrl(text: string): DrainTarget | undefined {
  const scheme = drainSchemes.find((each) => text.startsWith(`${each}://`));
  if (scheme === undefined) return undefined;
  // Other schemes are not taken apart by the same rules.
  const asHttp = `http${text.slice(scheme.length)}`;
  if (!URL.canParse(asHttp)) return undefined;
  const { hostname, port, username, password, pathname, search } = new URL(asHttp);
  if (hostname === "" || username !== "" || password !== "") return undefined;
  if (scheme.startsWith("syslog") && (pathname !== "/" || search !== "") && pathname + search !== "")
    return undefined;
  // An URL leaves out port 80, which is not syslog's usual one.
  const named = port === "" && /:80(\/|$)/.test(text.slice(scheme.length + 3)) ? 80 : Number(port);
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return { scheme, host, port: named === 0 ? usualPorts[scheme] : named, url: text };
}

export function checkDrainUrl(text: string): string | undefined {
  if (parseDrainUrl(text) !== undefined) return undefined;
  return `must be an address such as syslog+tls://logs.example.com:6514, syslog://HOST:PORT, https://HOST/PATH or http://HOST/PATH, without a user`;
}
