/** The frontends of routes of TCP, as HAProxy's configuration. Pure. */

import { certificateList } from "../tls/certificate-store.ts";
import type { Section } from "../tls/tls-frontends.ts";
import type { TcpPort } from "./tcp-ports.ts";

export interface TcpListening {
  /** `127.0.0.1` or `[::1]`. */
  readonly addresses: readonly string[];
  /** Line of the list whose certificate is shown when none fits. */
  readonly shownWithoutName: string;
  readonly idOf: (backend: string) => string;
}

/** As the access line of a request: how it ended in place of a status, how long it was open. */
const logFormat = "%Ts.%ms %b %si:%sp %ts %B %Tt %ci TCP :%fp %pid:%rt";

export function tcpFrontends(
  { addresses, shownWithoutName, idOf }: TcpListening,
  ports: readonly TcpPort[],
): readonly Section[] {
  return ports.map(({ port, backend, withTls }) => {
    const tls = withTls ? ` ssl crt-list ${certificateList} ssl-min-ver TLSv1.2` : "";
    return {
      head: `frontend tcp-${port}`,
      lines: [
        "mode tcp",
        ...(withTls ? [`# ${shownWithoutName}`] : []),
        ...addresses.map((address) => `bind ${address}:${port}${tls}`),
        // Who is gone without a word is noticed though nothing is said for long.
        "option clitcpka",
        "log global",
        `log-format "${logFormat}"`,
        `default_backend ${idOf(backend)}`,
      ],
    };
  });
}
