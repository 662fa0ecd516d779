import { createServer } from "node:http";
import Mustache from "mustache";

const text = Mustache.render("Hello from {{manager}} on Node.js {{version}}\n", {
  manager: "yarn",
  version: process.version,
});
const server = createServer((_request, response) => response.end(text));
server.listen(process.env.PORT ?? 3000);
process.on("SIGTERM", () => server.close());
