import { createServer } from "node:http";

const port = Number(process.env.PORT ?? 3000);

createServer((request, response) => {
  response.setHeader("content-type", "text/plain; charset=utf-8");
  response.end(`Hello from a Dockerfile on port ${port}\n`);
}).listen(port, () => console.log(`listening on ${port}`));

process.on("SIGTERM", () => process.exit(0));
