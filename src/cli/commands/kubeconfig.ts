import { readFileSync } from "node:fs";
import type { Command } from "../command.ts";
import { kubeconfigFile } from "../connect.ts";

export const command: Command = {
  name: "kubeconfig",
  group: "Platform",
  summary: "Print the path of the kubeconfig, for kubectl and other clients.",
  options: [{ name: "show", type: "boolean", description: "Print the file itself: it holds the token." }],
  examples: ['export KUBECONFIG="$(nagi kubeconfig)"', "kubectl get pods"],
  run(context) {
    const file = kubeconfigFile({
      host: context.host,
      kubeconfig: context.text("kubeconfig"),
      dataDir: context.text("data-dir"),
    });
    if (context.flag("show")) context.terminal.write(readFileSync(file, "utf8"));
    else context.terminal.print(file);
    return Promise.resolve();
  },
};
