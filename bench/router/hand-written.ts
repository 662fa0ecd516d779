/** What the router is held against: HAProxy's configuration for one app, as a careful person would write it. */

export interface HandWritten {
  readonly host: string;
  readonly port: number;
  readonly serverPort: number;
  /** File with certificate and key, for HTTPS. */
  readonly certificate?: string;
}

export function handWritten({ host, port, serverPort, certificate }: HandWritten): string {
  const tls = certificate === undefined ? "" : ` ssl crt ${certificate} alpn h2,http/1.1 ssl-min-ver TLSv1.2`;
  const scheme = certificate === undefined ? "http" : "https";
  return `global
  maxconn 4000
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
  timeout http-keep-alive 60s
  timeout tunnel 1h
frontend web
  bind 127.0.0.1:${port}${tls}
  option forwardfor
  http-request set-header X-Forwarded-Proto ${scheme}
  use_backend app if { hdr(host) -i ${host} }
backend app
  server one 127.0.1.1:${serverPort}
  server two 127.0.1.2:${serverPort}
`;
}
