/** Servers on addresses that were given by flags. */

import type { Server } from "node:http";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** HOST:PORT, or PORT on loopback. */
export function parseAddress(text: string): Address {
  const match = /^(?:(?:\[(?<six>[^\]]+)\]|(?<host>[^:]*)):)?(?<port>\d+)$/.exec(text);
  const { six, host = "", port = "" } = match?.groups ?? {};
  if (match === null || Number(port) > 65_535) {
    throw new Error(`${JSON.stringify(text)} is no address: give HOST:PORT, for instance 127.0.0.1:10259`);
  }
  return { host: six ?? (host === "" ? "127.0.0.1" : host), port: Number(port) };
}

export function isLoopback({ host }: Address): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

export function addressText({ host, port }: Address): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

export interface Listening {
  readonly address: Address;
  close(): Promise<void>;
}

export async function listen(server: Server, address: Address): Promise<Listening> {
  const { host, port } = address;
  await new Promise<void>((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      const what = `cannot listen on ${addressText(address)}`;
      const isTaken = error.code === "EADDRINUSE";
      reject(
        new Error(isTaken ? `${what}: another program does; give another port` : `${what}: ${error.message}`),
      );
    };
    server.once("error", fail);
    server.listen(port, host, () => {
      server.off("error", fail);
      resolve();
    });
  });
  const bound = server.address();
  return {
    address: { host, port: typeof bound === "object" && bound !== null ? bound.port : port },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
