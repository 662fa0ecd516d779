import { stringify } from "yaml";
import { UsageError, type Command } from "../command.ts";
import { outputOption } from "../manifests.ts";
import { fillTemplate, findTemplate, objectsOf, parametersText, templateOptions } from "../template-input.ts";

export const command: Command = {
  name: "process",
  group: "Objects",
  summary: "Fill in a template's parameters and print its objects.",
  usage: "NAME | -f FILE",
  description:
    "What is printed can be given to nagi create or apply. ${NAME} in a text is replaced, ${{NAME}} as a whole text\n" +
    "becomes a number, true or false. nagi new-app makes the objects at once.",
  options: [
    ...templateOptions,
    outputOption(["json", "yaml"]),
    { name: "parameters", type: "boolean", description: "Print the template's parameters only." },
  ],
  examples: [
    "nagi process app-with-postgresql --parameters",
    "nagi process app-with-postgresql -p NAME=shop | nagi create -f -",
  ],
  async run(context) {
    const [name, ...more] = context.args;
    if (more.length > 0)
      throw new UsageError(
        `nagi process takes one template, not also ${more.join(" ")}`,
        "Values: --param NAME=VALUE",
      );
    const template = await findTemplate(context, name);
    if (context.flag("parameters")) return context.terminal.write(parametersText(template));
    const items = await objectsOf(context, fillTemplate(context, template));
    const list = { kind: "List", apiVersion: "v1", metadata: {}, items };
    const asYaml = context.text("output") === "yaml";
    context.terminal.write(
      asYaml ? stringify(list, { indentSeq: false, lineWidth: 0 }) : `${JSON.stringify(list, null, 4)}\n`,
    );
  },
};
