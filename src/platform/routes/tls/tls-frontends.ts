/**
 * How TLS comes in, as HAProxy's configuration. Without a route that passes TLS through, HAProxy's own TLS listens; with
 * one, a frontend of TCP looks at the name that is asked for and hands the rest on. Pure.
 */

import { lookupsOf } from "../route-lookups.ts";
import { certificateList } from "./certificate-store.ts";

export interface Section {
  readonly head: string;
  readonly lines: readonly string[];
}

export interface Listening {
  /** `127.0.0.1:8443`. */
  readonly addresses: readonly string[];
  readonly instance: string;
  /** Line of the list whose certificate is shown when none fits. */
  readonly shownWithoutName: string;
}

const helloWait = "5s";
/** Leads to the router's own TLS. */
export const ownTlsBackend = "nagi:https";

/** Backends, by what a route wants done with requests without TLS. */
export const withoutTls = { Redirect: "nagi:to-https", None: "nagi:https-only" } as const;

/** What the frontend of HTTP over TLS binds to, and what else must be there. */
export function tlsListeners(
  { addresses, instance, shownWithoutName }: Listening,
  sni: ReadonlyMap<string, string>,
): { binds: readonly string[]; sections: readonly Section[] } {
  const tls = `ssl crt-list ${certificateList} alpn h2,http/1.1 ssl-min-ver TLSv1.2`;
  // It cannot be changed while HAProxy runs: named here, it is part of the structure.
  const shown = `# ${shownWithoutName}`;
  if (sni.size === 0)
    return { binds: [shown, ...addresses.map((address) => `bind ${address} ${tls}`)], sections: [] };
  const own = `abns@nagi-https-${instance}`;
  return {
    binds: [shown, `bind ${own} accept-proxy ${tls}`],
    sections: [
      {
        head: "frontend tls",
        lines: [
          "mode tcp",
          ...addresses.map((address) => `bind ${address}`),
          `tcp-request inspect-delay ${helloWait}`,
          "tcp-request content accept if { req.ssl_hello_type 1 }",
          ...sniLines(sni),
          `default_backend ${ownTlsBackend}`,
        ],
      },
      { head: `backend ${ownTlsBackend}`, lines: ["mode tcp", `server https ${own} send-proxy-v2`] },
    ],
  };
}

function sniLines(sni: ReadonlyMap<string, string>): readonly string[] {
  const name = "req.ssl_sni,lower";
  const found = (expression: string): string => `use_backend %[${expression}] if { ${expression} -m found }`;
  const { wildcards } = lookupsOf(sni);
  return [
    found(`${name},map_str(sni.map)`),
    ...(wildcards ? [found(`${name},regsub(^[^.]*,*),map_str(sni.map)`)] : []),
  ];
}

/** Answers to requests without TLS for hosts that want it. */
export function withoutTlsSections(httpsPort: number, standIn: readonly string[]): readonly Section[] {
  const port = httpsPort === 443 ? "" : `:${httpsPort}`;
  const location = `https://%[req.hdr(host),host_only]${port}`;
  return [
    {
      head: `backend ${withoutTls.Redirect}`,
      lines: [
        ...standIn,
        `http-request redirect code 302 location ${location}%[pathq] if METH_GET or { method HEAD }`,
        // What was sent must be sent again.
        `http-request redirect code 307 location ${location}%[pathq]`,
      ],
    },
    {
      head: `backend ${withoutTls.None}`,
      lines: [
        ...standIn,
        `http-request return status 403 content-type text/plain lf-string "403: this answers over HTTPS only: ${location}\\n"`,
      ],
    },
  ];
}
