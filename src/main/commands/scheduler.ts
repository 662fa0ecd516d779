import { UsageError, type Command, type CommandContext, type Option } from "../../cli/command.ts";
import { checkDnsSubdomain } from "../../model/names.ts";

const options: readonly Option[] = [
  {
    name: "scheduler-name",
    type: "string",
    value: "NAME",
    default: "nagi",
    description: "Pods that have it as spec.schedulerName are scheduled.",
  },
  {
    name: "config",
    type: "string",
    value: "FILE",
    description: "Rules and scores: a KubeSchedulerConfiguration or a Policy.",
  },
  {
    name: "plugin",
    type: "string",
    value: "MODULE",
    multiple: true,
    description: "A plugin: a folder, file or npm package.",
  },
  {
    name: "leader-elect",
    type: "boolean",
    default: true,
    description: "Act only while holding a Lease, so that several can run (--no-leader-elect: act alone).",
  },
  {
    name: "leader-elect-namespace",
    type: "string",
    value: "NAME",
    default: "kube-system",
    description: "Where the Lease is.",
  },
  {
    name: "leader-elect-name",
    type: "string",
    value: "NAME",
    description: "Name of the Lease (default: follows from the scheduler's name).",
  },
  {
    name: "leader-elect-lease-duration",
    type: "string",
    value: "TIME",
    default: "15s",
    description: "After so long without a sign of the leader another takes over.",
  },
  {
    name: "leader-elect-renew-deadline",
    type: "string",
    value: "TIME",
    default: "10s",
    description: "A leader that could not renew for so long leads no longer.",
  },
  {
    name: "leader-elect-retry-period",
    type: "string",
    value: "TIME",
    default: "2s",
    description: "Between two tries to take or renew it.",
  },
  {
    name: "bind-address",
    type: "string",
    value: "ADDRESS",
    default: "127.0.0.1",
    description: "Where /metrics, /healthz, /livez and /readyz answer, over HTTP.",
  },
  {
    name: "metrics-port",
    type: "number",
    value: "PORT",
    default: 10_259,
    description: "On which port; 0 for any free one.",
  },
  {
    name: "decisions",
    type: "boolean",
    default: true,
    description: "Keep SchedulingDecisions where the cluster has them (--no-decisions: never).",
  },
  {
    name: "serve-extender",
    type: "string",
    value: "[HOST:]PORT",
    description: "Also answer another scheduler as its extender.",
  },
  {
    name: "extender-tls-cert",
    type: "string",
    value: "FILE",
    description: "Certificate of the extender, with --extender-tls-key: it then answers over HTTPS.",
  },
  { name: "extender-tls-key", type: "string", value: "FILE", description: "Key of the certificate." },
  {
    name: "extender-client-ca",
    type: "string",
    value: "FILE",
    description: "Only schedulers with a certificate of this authority are answered.",
  },
  {
    name: "print",
    type: "string",
    value: "WHAT",
    choices: ["crds", "rbac", "deployment"],
    description: "Print what a cluster needs, as YAML, and do nothing else.",
  },
  {
    name: "image",
    type: "string",
    value: "IMAGE",
    description: "Image with Nagi, for --print deployment.",
  },
  {
    name: "log-level",
    type: "string",
    value: "LEVEL",
    choices: ["debug", "info", "warn", "error"],
    default: "info",
    description: "What goes to standard error, as lines of JSON.",
  },
];

export const command: Command = {
  name: "scheduler",
  group: "Platform",
  summary: "Schedule a Kubernetes cluster's pods that ask for it.",
  description:
    "Runs until it is interrupted, beside the cluster's own scheduler. The cluster is the kubeconfig's; in a pod without\n" +
    "--kubeconfig it is the one that the pod runs in. It listens on loopback unless told otherwise.",
  options,
  examples: [
    "nagi scheduler --kubeconfig ~/.kube/config --scheduler-name nagi",
    "nagi scheduler --print rbac | kubectl apply -f -",
    "nagi scheduler --serve-extender 8888",
  ],
  async run(context) {
    checkWords(context);
    const print = context.text("print");
    if (print !== undefined) {
      const { printed } = await import("../scheduler/manifests.ts");
      context.terminal.write(
        printed(print, {
          schedulerName: context.text("scheduler-name") ?? "",
          namespace: context.text("leader-elect-namespace") ?? "",
          image: context.text("image"),
        }),
      );
      return;
    }
    const { processOptions } = await import("../scheduler/process-options.ts");
    const { runSchedulerProcess } = await import("../scheduler/process.ts");
    await runSchedulerProcess(context, await processOptions(context));
  },
};

function checkWords(context: CommandContext): void {
  const [word] = context.args;
  if (word !== undefined) throw new UsageError(`nagi scheduler takes no argument, given ${word}`);
  const name = context.text("scheduler-name") ?? "";
  const problem = checkDnsSubdomain(name);
  if (problem !== undefined) throw new UsageError(`--scheduler-name is ${JSON.stringify(name)}: ${problem}`);
}
