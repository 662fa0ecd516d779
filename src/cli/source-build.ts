/** How an app is built, as people choose it: a language, or a Dockerfile with its options. */

import { configName } from "../model/kinds/nagi/app/app-names.ts";
import type { App, AppSpec } from "../model/kinds/nagi/app/app.ts";
import type { DockerfileOptions } from "../model/kinds/nagi/app/dockerfile-options.ts";
import { languageNames } from "../model/kinds/nagi/languages.ts";
import type { JsonValue } from "../model/schema.ts";
import { UsageError, type CommandContext, type Option } from "./command.ts";
import { rootOf } from "./source-root.ts";

const names = [...languageNames, "dockerfile"] as const;

export const languageOption: Option = {
  name: "language",
  type: "string",
  value: "NAME",
  description: `What it is built as, whatever else is there: ${names.join(", ")}; an empty one stands for what is found out.`,
};

export const buildOptions: readonly Option[] = [
  languageOption,
  {
    name: "dockerfile",
    type: "string",
    value: "PATH",
    description: "Build this Dockerfile; an empty one takes all its options back.",
  },
  {
    name: "target",
    type: "string",
    value: "STAGE",
    description: "Stage of the Dockerfile that is built; an empty one stands for the last.",
  },
  {
    name: "arg",
    type: "string",
    multiple: true,
    value: "NAME=VALUE",
    description: "Build argument of the Dockerfile; NAME alone takes it back. May be given several times.",
  },
  {
    name: "build-secret",
    type: "string",
    multiple: true,
    value: "ID[=SECRET[/KEY]]",
    description:
      "What steps with RUN --mount=type=secret,id=ID may read: an entry of a Secret, or the config var ID; ID= takes it back. May be given several times.",
  },
  {
    name: "limit",
    type: "string",
    multiple: true,
    value: "NAME=QUANTITY",
    description:
      "What the steps of a build may use: memory=2Gi, cpu=2, disk=20Gi; memory= stands for the platform's limit. May be given several times.",
  },
];

type Source = NonNullable<AppSpec["source"]>;

/** A merge patch of `spec.source`; empty when nothing is asked. */
export function buildSettings(context: CommandContext, found: App): Record<string, JsonValue> {
  const language = context.text("language");
  const dockerfile = dockerfileSettings(context, found);
  const limits = context.texts("limit");
  return {
    ...(language === undefined ? {} : { language: languageOf(language) }),
    ...(dockerfile === undefined ? {} : { dockerfile }),
    ...(limits.length === 0 ? {} : { limits: limitsOf(limits) }),
  };
}

function limitsOf(given: readonly string[]): JsonValue {
  const entries = given.map((text) => {
    const [name = "", value] = text.split("=");
    if (value !== undefined && ["memory", "cpu", "disk"].includes(name))
      return [name, value === "" ? null : value];
    throw new UsageError(
      `--limit is ${JSON.stringify(text)}: it is memory=QUANTITY, cpu=QUANTITY or disk=QUANTITY`,
      "For instance: nagi source --limit memory=2Gi --limit disk=20Gi",
    );
  });
  return Object.fromEntries(entries) as JsonValue;
}

/** Null for the empty one. */
export function languageOf(given: string): string | null {
  if (given === "") return null;
  if (names.some((name) => name === given)) return given;
  throw new UsageError(
    `--language is ${JSON.stringify(given)}: there is no such language`,
    `There are: ${names.join(", ")}`,
  );
}

function dockerfileSettings(context: CommandContext, found: App): JsonValue | undefined {
  const path = context.text("dockerfile");
  const target = context.text("target");
  const args = context.texts("arg");
  const secrets = context.texts("build-secret");
  const others = target !== undefined || args.length > 0 || secrets.length > 0;
  if (path === "" && others)
    throw new UsageError(
      '--dockerfile "" takes all options of the Dockerfile back, so no other may stand beside it',
    );
  if (path === "") return null;
  if (path === undefined && !others) return undefined;
  const present = found.spec?.source?.dockerfile ?? {};
  return {
    ...(path === undefined ? {} : { path: rootOf(path) ?? null }),
    ...(target === undefined ? {} : { target: target === "" ? null : target }),
    ...(args.length === 0 ? {} : { args: argsAfter(present, args) }),
    ...(secrets.length === 0 ? {} : { secrets: secretsAfter(present, secrets, found.metadata.name ?? "") }),
  };
}

function argsAfter({ args = [] }: DockerfileOptions, given: readonly string[]): JsonValue {
  const values = new Map(args.map(({ name, value }) => [name, value ?? ""]));
  for (const text of given) {
    const [name = ""] = text.split("=");
    if (text.includes("=")) values.set(name, text.slice(name.length + 1));
    else if (!values.delete(name))
      throw new UsageError(
        `--arg is ${JSON.stringify(text)}: the app has no build argument ${name} to take back`,
        `Set it: nagi source --arg ${name}=VALUE`,
      );
  }
  return [...values].map(([name, value]) => ({ name, value }));
}

function secretsAfter({ secrets = [] }: DockerfileOptions, given: readonly string[], app: string): JsonValue {
  const refs = new Map(secrets.map(({ id, secretKeyRef: { name = "", key } }) => [id, { name, key }]));
  for (const text of given) {
    const [id = "", where] = text.split("=");
    if (where === "") refs.delete(id);
    else refs.set(id, secretOf(id, where, app));
  }
  return [...refs].map(([id, secretKeyRef]) => ({ id, secretKeyRef }));
}

/** The entry of a Secret is called as the secret is, unless said; without a Secret, a config var is meant. */
function secretOf(id: string, where: string | undefined, app: string): { name: string; key: string } {
  if (where === undefined) return { name: configName(app), key: id };
  const [name = "", key = id] = where.split("/");
  return { name, key };
}

/** Lines of `nagi source`. */
export function buildRows({ platform, language, dockerfile, limits = {} }: Source): string[][] {
  const limited = Object.entries(limits).map(([name, value]) => `${name} ${value}`);
  const rows = limited.length === 0 ? [] : [["Build limits:", limited.join(", ")]];
  if (dockerfile === undefined)
    return [...rows, ["Platform:", platform ?? "found out"], ["Language:", language ?? "found out"]];
  const { path, target, args = [], secrets = [] } = dockerfile;
  return [
    ...rows,
    ["Dockerfile:", path ?? "Containerfile or Dockerfile"],
    ["Target:", target ?? "the last stage"],
    ["Arguments:", args.map(({ name, value }) => `${name}=${value ?? ""}`).join(", ") || "none"],
    ["Secrets:", secrets.map(({ id, secretKeyRef: r }) => `${id} (${r.name}/${r.key})`).join(", ") || "none"],
  ];
}
