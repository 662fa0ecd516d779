// Renders the page once, at build time, with a package that the running app does not need.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import mustache from "mustache";

const template = readFileSync("page.mustache", "utf8");
mkdirSync("dist", { recursive: true });
writeFileSync("dist/page.html", mustache.render(template, { node: process.version }));
console.log("rendered dist/page.html");
