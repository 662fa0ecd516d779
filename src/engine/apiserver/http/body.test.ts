import { expect, it } from "vitest";
import { goneRequest } from "../../../lib/testing/gone-request.ts";
import { readBody } from "./body.ts";

it("does not wait for the body of a client that is gone", async () => {
  const { request } = await goneRequest("POST");
  await expect(readBody(request, 1000)).rejects.toThrow("the body ended early");
});
