import { once } from "node:events";
import { expect, it } from "vitest";
import { AllowingClient } from "../../../client/testing/allowing-client.ts";
import { goneRequest } from "../../../lib/testing/gone-request.ts";
import { newObject } from "../../../model/kind.ts";
import { addonBackup, type AddonBackup } from "../../../model/kinds/nagi/addonbackup/addonbackup.ts";
import { BackupHandler } from "./backup-handler.ts";
import type { BackupPlaces } from "./backup-places.ts";

it("stops reading a backup whose client went before it began", async () => {
  const client = new AllowingClient();
  const spec = { addon: "db", plan: "small", service: "postgresql" };
  const status = { phase: "Complete", file: "db/one", sizeBytes: 1000 } as const;
  const meta = { name: "db-1", namespace: "default" };
  client.seed(newObject<AddonBackup>(addonBackup, meta, { spec, status }));
  let signal: AbortSignal | undefined;
  const place = {
    async *read(_file: string, given: AbortSignal) {
      signal = given;
      if (!given.aborted) await once(given, "abort");
      yield* [];
    },
  };
  const places = { get: () => Promise.resolve(place) } as unknown as BackupPlaces;
  const { request, response } = await goneRequest("GET", "/-/addon-backups/default/db-1");
  await new BackupHandler(client, places).handle(request, response);
  expect(signal?.aborted).toBe(true);
});
