import { selfSubjectReview } from "../../model/kinds/authentication/selfsubjectreview/selfsubjectreview.ts";
import { newObject } from "../../model/kind.ts";
import { refuseArguments, type Command } from "../command.ts";

export const command: Command = {
  name: "whoami",
  group: "Platform",
  summary: "Print the name that the platform knows you by.",
  options: [{ name: "groups", type: "boolean", description: "With the groups." }],
  async run(context) {
    refuseArguments(context, "whoami");
    const client = await context.client();
    const { status } = await client.create(selfSubjectReview, newObject(selfSubjectReview, {}, {}));
    const { username = "", groups = [] } = status?.userInfo ?? {};
    context.terminal.print(context.flag("groups") ? `${username} (${groups.join(", ")})` : username);
  },
};
