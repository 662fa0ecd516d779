import { defineKind } from "../../../define.ts";
import { condition, type KubeObject } from "../../../meta.ts";
import { array, integer, map, object, required, string, type Infer } from "../../../schema.ts";
import { resourceRequirements } from "../../core/resources.ts";

const appProcess = object(
  "How a process type runs.",
  {
    replicas: integer("How many run; 1 for web and 0 for others when absent.", { min: 0 }),
    command: string("Command, instead of the one of the Procfile or the image."),
    resources: resourceRequirements,
  },
  { name: "dev.nagi.v1.AppProcess" },
);

const appSpec = object(
  "What the app should be.",
  {
    image: string("Image that is deployed, instead of one that is built from source."),
    port: integer("Port that web listens on and finds in PORT.", { min: 1, max: 65_535 }),
    processes: map(appProcess, "How process types run, by name."),
    domains: array(string("Host."), "Further hosts that lead to the app.", { mergeKey: "" }),
    branch: string("Branch whose push deploys; main or master when absent."),
  },
  { name: "dev.nagi.v1.AppSpec" },
);
export interface AppSpec extends Infer<typeof appSpec> {}

const processStatus = object(
  "What runs of a process type.",
  {
    desired: required(integer("How many should run.")),
    ready: required(integer("How many are ready.")),
  },
  { name: "dev.nagi.v1.AppProcessStatus" },
);

const appStatus = object(
  "What the app is, as last seen.",
  {
    url: string("Where the app answers."),
    gitPath: string("Path of the app's git repository on the platform."),
    currentRelease: string("Name of the release that is live."),
    latestVersion: integer("Number of the newest release."),
    conditions: array(condition, "Aspects of the app: Ready, Released.", { mergeKey: "type" }),
    processes: map(processStatus, "What runs, by process type."),
  },
  { name: "dev.nagi.v1.AppStatus" },
);
export interface AppStatus extends Infer<typeof appStatus> {}

const fields = { spec: appSpec, status: appStatus };
const schema = object("", fields);
export interface App extends KubeObject, Infer<typeof schema> {}

export const app = defineKind<App>({
  group: "nagi.dev",
  version: "v1",
  kind: "App",
  plural: "apps",
  categories: ["all"],
  description: "An app: pushed as source or given as an image, released, run and given a URL.",
  fields,
});
