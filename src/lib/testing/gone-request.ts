/** A request whose client went before anybody listened to it. */

import { once } from "node:events";
import { createServer, request as sendRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface Gone {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export async function goneRequest(method: "GET" | "POST", path = "/"): Promise<Gone> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const headers = { authorization: "Bearer ann", ...(method === "GET" ? {} : { "content-length": 1000 }) };
  const sent = sendRequest({ host: "127.0.0.1", port, method, path, headers });
  sent.on("error", () => undefined);
  sent.flushHeaders();
  const [request, response] = (await once(server, "request")) as [IncomingMessage, ServerResponse];
  sent.destroy();
  await once(response, "close");
  server.close();
  return { request, response };
}
