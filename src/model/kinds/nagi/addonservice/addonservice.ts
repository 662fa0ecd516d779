import { defineKind } from "../../../define.ts";
import {
  duplicates,
  invalid,
  invalidIf,
  required as missing,
  type FieldError,
} from "../../../field-error.ts";
import type { KubeObject } from "../../../meta.ts";
import { checkDnsLabel } from "../../../names.ts";
import { array, integer, map, object, quantity, required, string, type Infer } from "../../../schema.ts";

const variable = /^[A-Z][A-Z0-9_]*$/;
const placeholders = ["user", "password", "host", "port", "database"] as const;

const plan = object(
  "A size of the service.",
  {
    description: string("For whom it is."),
    cpu: quantity("CPU that is set aside."),
    memory: quantity("Memory that is set aside, and the most that it may use."),
    storage: quantity("Size of the volume."),
    environment: map(string("Value."), "Environment variables of the server."),
  },
  { name: "dev.nagi.v1.AddonServicePlan" },
);

const commands = object(
  "Shell commands that are run in the server's container. NAGI_ADDON_DATABASE and NAGI_ADDON_ADMIN_PASSWORD are set there.",
  {
    ready: string("Ends with 0 once the server answers."),
    addUser: string(
      "Makes a user who may do everything with the data; his name and password are two lines of the input.",
    ),
    dropUser: string("Removes a user and ends his sessions; his name is a line of the input."),
    dump: string("Writes all data to the output, as of one moment."),
    restore: string("Replaces all data by a dump, the input; what was there stays when that fails."),
    verify: string("Reads all data and says in a line what is there."),
    shell: string("What a person talks to the server with; arguments follow."),
    info: string("Writes lines NAME: VALUE about the server."),
  },
  { name: "dev.nagi.v1.AddonServiceCommands" },
);

const action = object(
  "Something that can be done with an add-on of the service.",
  {
    description: required(string("What it does.")),
    run: required(string("Shell command that is run in the server's container; arguments follow.")),
  },
  { name: "dev.nagi.v1.AddonServiceAction" },
);

const spec = object(
  "What the service is and how it is run.",
  {
    description: required(string("What it is, in a line.")),
    aliases: array(string("Name."), "Other names that it answers to.", { mergeKey: "" }),
    platform: required(string("Platform whose image is the server's.", { check: checkDnsLabel })),
    port: required(integer("Port that the server listens on.", { min: 1, max: 65_535 })),
    data: string("Directory of the server that is kept on a volume; nothing is kept when absent."),
    prefix: required(string("What the names of config vars begin with, such as DATABASE.")),
    vars: required(
      map(
        string("Value, with ${user}, ${password}, ${host}, ${port} and ${database} filled in."),
        "Config vars, by the end of their names, such as URL.",
      ),
    ),
    environment: map(string("Value."), "Environment variables of the server."),
    reservedNames: array(
      string("Name, or the beginning of names with * behind it."),
      "Names of databases and of their owners that the server keeps to itself.",
      { mergeKey: "" },
    ),
    extension: string("End of the names of files with dumps."),
    commands,
    actions: map(action, "What else can be done, by name."),
    plans: required(map(plan, "Sizes, by name.")),
    defaultPlan: required(string("The plan of who names none.")),
  },
  { name: "dev.nagi.v1.AddonServiceSpec" },
);
export interface AddonServiceSpec extends Infer<typeof spec> {}

const fields = { spec: required(spec) };
const schema = object("", fields);
export interface AddonService extends KubeObject, Infer<typeof schema> {}

/** A recipe's restore, told how long the dump is: the end of a session must not be taken for the end of the data. */
export function restoreOf(run: string, bytes: number): string {
  return `export NAGI_RESTORE_BYTES=${bytes}\n${run}`;
}

/** Whether add-ons of the service have users, and with them credentials that can be rotated. */
export function hasUsers({ spec: { commands: given } }: AddonService): boolean {
  return given?.addUser !== undefined;
}

function unknownPlaceholder(text: string): string | undefined {
  const names = [...text.matchAll(/\$\{([^}]*)\}/g)].map(([, name = ""]) => name);
  const unknown = names.find((name) => !placeholders.some((each) => each === name));
  return unknown === undefined
    ? undefined
    : `\${${unknown}} is not known; known are ${placeholders.map((name) => `\${${name}}`).join(" ")}`;
}

function serviceErrors({
  prefix,
  vars,
  plans,
  defaultPlan,
  data,
  aliases = [],
  commands: given = {},
  actions = {},
}: AddonServiceSpec): FieldError[] {
  const shape = "must be upper case letters, digits and _, a letter first";
  return [
    ...invalidIf(variable.test(prefix) ? undefined : shape, "spec.prefix", prefix),
    ...Object.entries(vars).flatMap(([name, value]) => [
      ...invalidIf(variable.test(name) ? undefined : shape, `spec.vars[${name}]`, name),
      ...invalidIf(unknownPlaceholder(value), `spec.vars[${name}]`, value),
    ]),
    ...(Object.keys(vars).length === 0
      ? [missing("spec.vars", "apps find the service by its config vars")]
      : []),
    ...(Object.hasOwn(plans, defaultPlan)
      ? []
      : [invalid("spec.defaultPlan", defaultPlan, `is none of the plans: ${Object.keys(plans).join(", ")}`)]),
    ...Object.keys(plans).flatMap((name) => invalidIf(checkDnsLabel(name), `spec.plans[${name}]`, name)),
    ...Object.keys(actions).flatMap((name) => invalidIf(checkDnsLabel(name), `spec.actions[${name}]`, name)),
    ...(data === undefined || data.startsWith("/")
      ? []
      : [invalid("spec.data", data, "must be an absolute path")]),
    ...duplicates(aliases, (index) => `spec.aliases[${index}]`),
    ...((given.addUser === undefined) === (given.dropUser === undefined)
      ? []
      : [missing("spec.commands", "addUser and dropUser go together")]),
  ];
}

export const addonService = defineKind<AddonService>({
  group: "nagi.dev",
  version: "v1",
  kind: "AddonService",
  plural: "addonservices",
  namespaced: false,
  description: "A service that add-ons are made of, such as a database server.",
  fields,
  checkName: checkDnsLabel,
  columns: [
    {
      name: "Plans",
      type: "string",
      description: "Its sizes; the first is taken when none is named.",
      value: ({ spec: { plans, defaultPlan } }) =>
        [defaultPlan, ...Object.keys(plans).filter((name) => name !== defaultPlan)].join(", "),
    },
    {
      name: "Config vars",
      type: "string",
      description: "What apps find it by.",
      value: ({ spec: { prefix, vars } }) =>
        Object.keys(vars)
          .map((name) => `${prefix}_${name}`)
          .join(", "),
    },
    {
      name: "Description",
      type: "string",
      description: "What it is.",
      value: ({ spec }) => spec.description,
    },
  ],
  validate: (object) => serviceErrors(object.spec),
});
