import { createServer } from "node:http";

const port = Number(process.env.PORT ?? 8080);

createServer((request, response) => {
  response.setHeader("content-type", "text/plain; charset=utf-8");
  response.end("The web process answers; see `nagi logs` for the worker.\n");
}).listen(port, () => console.log(`listening on ${port}`));

process.on("SIGTERM", () => process.exit(0));
