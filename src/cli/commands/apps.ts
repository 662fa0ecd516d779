import { app } from "../../model/kinds/nagi/app/app.ts";
import type { Command } from "../command.ts";
import { listObjects, listOptions } from "../listing.ts";

export const command: Command = {
  name: "apps",
  group: "Apps",
  summary: "List the apps.",
  options: listOptions,
  async run(context) {
    await listObjects(context, app, { empty: "No apps yet. Make one: nagi create NAME" });
  },
};
