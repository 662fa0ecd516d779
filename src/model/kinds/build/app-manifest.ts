/** What the source's app.json asks for, as a build found it: the apps' controller makes it so. */

import { sourceCron } from "../nagi/app/app-cron.ts";
import { appDeploy } from "../nagi/app/app-deploy.ts";
import { appChecks } from "../nagi/app/app-checks.ts";
import { array, boolean, integer, map, object, oneOf, required, string } from "../../schema.ts";

const manifestVariable = object(
  "A config var that the app wants.",
  {
    value: string("What it is when the app has no such config var."),
    generator: oneOf(["secret"], "Makes its value."),
    required: boolean("Whether the app does not run without it."),
    description: string("What it is for."),
  },
  { name: "dev.nagi.build.ManifestVariable" },
);

const manifestFormation = object(
  "How a process type starts out.",
  { quantity: integer("How many run.", { min: 0 }), size: string("What each may use.") },
  { name: "dev.nagi.build.ManifestFormation" },
);

const manifestAddon = object(
  "An add-on that the app wants.",
  { plan: required(string("The add-on and its plan.")), as: string("Prefix of its config vars.") },
  { name: "dev.nagi.build.ManifestAddon" },
);

export const appManifest = object(
  "What the source's app.json asks for.",
  {
    env: map(manifestVariable, "Config vars, by name."),
    formation: map(manifestFormation, "Process types, by name."),
    healthchecks: map(appChecks, "Health checks, by process type."),
    cron: map(sourceCron, "Commands that run at the times of a schedule, by name."),
    deploy: appDeploy,
    addons: array(manifestAddon, "Add-ons."),
    buildpacks: array(
      object(
        "A buildpack.",
        { url: required(string("Where it is.")) },
        { name: "dev.nagi.build.ManifestBuildpack" },
      ),
      "Buildpacks, in their order.",
    ),
    postdeploy: string("Command that runs once, before the first release serves."),
  },
  { name: "dev.nagi.build.Manifest" },
);
