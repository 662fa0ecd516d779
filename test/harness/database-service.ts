/** A service of add-ons as a recipe describes it, of a database. */

import type { Client } from "../../src/client/client.ts";
import { addonService, type AddonService } from "../../src/model/kinds/nagi/addonservice/addonservice.ts";
import { newObject } from "../../src/model/kind.ts";

export async function createDatabaseService(
  client: Client,
  more: Partial<AddonService["spec"]> & Pick<AddonService["spec"], "commands">,
): Promise<void> {
  const spec = {
    description: "A database",
    platform: "postgresql",
    port: 5432,
    prefix: "DATABASE",
    vars: { URL: "postgresql://${user}:${password}@${host}:${port}/${database}" },
    plans: { small: {} },
    defaultPlan: "small",
    ...more,
  };
  await client.create(addonService, newObject<AddonService>(addonService, { name: "postgresql" }, { spec }));
}
