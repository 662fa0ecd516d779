import assert from "node:assert";
import test from "node:test";
import { greeting } from "./greeting.js";

test("greets by name", () => {
  assert.equal(greeting("sea"), "Hello, sea!");
});
