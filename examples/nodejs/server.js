import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import ms from "ms";

const port = Number(process.env.PORT ?? 8080);
const page = readFileSync("dist/page.html", "utf8");

createServer((request, response) => {
  response.setHeader("content-type", "text/html; charset=utf-8");
  response.end(`${page}<p>Up for ${ms(Math.round(process.uptime() * 1000), { long: true })}.</p>\n`);
}).listen(port, () => console.log(`listening on ${port}`));

process.on("SIGTERM", () => process.exit(0));
