import { expect, it } from "vitest";
import { drained } from "./drained.ts";
import { goneRequest } from "./testing/gone-request.ts";

it("does not wait for a client that was gone before", async () => {
  const { response } = await goneRequest("GET");
  expect(response.write("more")).toBe(false);
  await drained(response);
});
