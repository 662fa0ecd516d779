import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { greeting } from "./greeting.js";

const builds = readFileSync("node_modules/.kept/builds", "utf8").trim().split("\n");
createServer((request, response) => {
  response.end(`${greeting(process.env.NAME)} Built by ${builds.join(", ")}.\n`);
}).listen(process.env.PORT);
