import { existsSync } from "node:fs";
import { UsageError, type Command } from "../../cli/command.ts";
import { keysFileOf, rotateKeys } from "../../engine/store/store-keys.ts";
import { paths } from "../config.ts";

export const command: Command = {
  name: "rotate-key",
  group: "Platform",
  summary: "Seal secrets on disk with a new key from the next start on.",
  description:
    "Config vars and other secrets are encrypted in the data directory. The new key is written beside the old one;\n" +
    "at its next start the platform seals everything with it and throws the old one away.",
  examples: ["nagi rotate-key && nagi down --keep-apps && nagi up --detach"],
  async run(context) {
    const dataDir = context.host.dataDir(context.text("data-dir"));
    const file = keysFileOf(paths(dataDir).store);
    if (!existsSync(file))
      throw new UsageError(
        `there is no ${file}`,
        "The platform makes it at its first start: nagi up. Of another directory: --data-dir DIR",
      );
    const { id } = rotateKeys(file);
    context.terminal.print(`Key ${id} is in ${file}.`);
    context.terminal.print(
      "The platform uses it from its next start: nagi down --keep-apps && nagi up --detach",
    );
  },
};
