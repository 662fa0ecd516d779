import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { AllowingClient } from "../../client/testing/allowing-client.ts";
import { SourceStore } from "../../lib/source-store.ts";
import { goneRequest } from "../../lib/testing/gone-request.ts";
import { SourcesHandler } from "./sources-handler.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "nagi-sources-handler-"));
});
afterEach(() => rm(directory, { recursive: true }));

it("keeps nothing of an upload whose client went while it was found out who it is", async () => {
  const handler = new SourcesHandler({
    client: new AllowingClient(),
    sources: new SourceStore({ directory }),
  });
  const { request, response } = await goneRequest("POST", "/sources");
  await handler.handle(request, response);
  expect(await readdir(directory)).toEqual([]);
});
