import { expect, it } from "vitest";
import { readLastWords } from "./last-words.ts";

it.each([
  ["Error: Cannot find module 'express'", "the module express is not installed"],
  ["ModuleNotFoundError: No module named 'flask'", "the module flask is not installed"],
  ["KeyError: 'DATABASE_URL'", "it asks for the config var DATABASE_URL, which is not set"],
  ["Error: connect ECONNREFUSED 127.0.0.1:5432", "it cannot connect to 127.0.0.1:5432"],
  ["getaddrinfo ENOTFOUND db.internal", "it asks for the host db.internal, which does not exist"],
  [
    "Error: listen EADDRINUSE: address already in use :::5000",
    "two of its programs listen on the same port (5000)",
  ],
  ["FATAL ERROR: JavaScript heap out of memory", "it ran out of the memory that its language allows it"],
])("reads %s", (line, text) => {
  expect(readLastWords(["starting", line, "    at main.js:3"], 1)?.text).toBe(text);
});

it("does not take a file of the app's own for a module", () => {
  expect(readLastWords(["Error: Cannot find module './routes'"], 1)).toBeUndefined();
});

it("knows what an exit code means when the lines say nothing", () => {
  expect(readLastWords([], 127)?.text).toBe("its command does not exist in the image");
  expect(readLastWords([], 1)).toBeUndefined();
});
