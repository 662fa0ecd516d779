// The smallest app: it answers on the port that the platform gives it, and ends at once when asked to.
import { createServer } from "node:http";
import { hostname } from "node:os";

const port = Number(process.env.PORT ?? 8080);
const greeting = process.env.GREETING ?? "Hello from Nagi";

const server = createServer((request, response) => {
  console.log(`${request.method} ${request.url}`);
  response.setHeader("content-type", "text/plain; charset=utf-8");
  response.end(`${greeting} (${hostname()})\n`);
});

server.listen(port, () => console.log(`listening on ${port}`));

process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
