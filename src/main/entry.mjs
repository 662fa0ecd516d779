/**
 * Where the process begins; plain JavaScript, so that Node need not load what strips types before its cache of stripped
 * files is open. Runs the prepared program (adr/0135), or the sources where there is none.
 */

import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

// In the checkout and not in a folder that others may write to: what lies there is run.
enableCompileCache(fileURLToPath(new URL("../../node_modules/.cache/nagi/compile", import.meta.url)));

// Importing `node:http` reads every name that it exports; these would load an HTTP client that nobody here uses.
const http = process.getBuiltinModule("node:http");
for (const name of ["WebSocket", "CloseEvent", "MessageEvent"])
  Object.defineProperty(http, name, { value: undefined, configurable: true });

const { preparedProgram } = await import("./prepared.ts");
await import(preparedProgram() ?? "./nagi.ts");
