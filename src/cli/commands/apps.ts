import { app } from "../../model/kinds/nagi/app/app.ts";
import { refuseArguments, type Command } from "../command.ts";
import { listObjects, listOptions } from "../listing.ts";

export const command: Command = {
  name: "apps",
  group: "Apps",
  summary: "List the apps.",
  options: listOptions,
  async run(context) {
    refuseArguments(context, "apps", "One app: nagi info --app NAME");
    await listObjects(context, app, { empty: "No apps yet. Make one: nagi create NAME" });
  },
};
