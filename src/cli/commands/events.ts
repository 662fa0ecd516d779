import { event } from "../../model/kinds/core/event/event.ts";
import type { Command } from "../command.ts";
import { listObjects, listOptions } from "../listing.ts";

export const command: Command = {
  name: "events",
  group: "Objects",
  summary: "List what happened, of all objects or of one.",
  usage: "[--for RESOURCE/NAME]",
  options: [
    ...listOptions,
    {
      name: "for",
      type: "string",
      value: "RESOURCE/NAME",
      description: "Only of this object, for instance pod/web.",
    },
  ],
  async run(context) {
    const { resolveTyped } = await import("../resources.ts");
    const target = context.text("for");
    const meant = target === undefined ? undefined : await resolveTyped(await context.client(), target);
    await listObjects(context, event, {
      fieldSelector:
        meant === undefined
          ? undefined
          : `involvedObject.kind=${meant.kind.kind},involvedObject.name=${meant.name}`,
      empty: "No events.",
    });
  },
};
