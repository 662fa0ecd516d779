/** How an app's own Dockerfile is built: as the app's spec says it, and as its builds are told. */

import { duplicates, forbidden, invalidIf, type FieldError } from "../../../field-error.ts";
import { array, boolean, object, quantity, required, string, type Infer } from "../../../schema.ts";
import { byteValue, checkQuantity, milliValue } from "../../../quantity.ts";
import { secretKeySelector } from "../../core/references.ts";
import { checkSourceDirectory } from "../source-path.ts";

const limits = { args: 100, secrets: 20 } as const;

const buildArgument = object(
  "A build argument; it stays in the history of the image.",
  { name: required(string("Name, of an ARG line.")), value: string("Value.") },
  { name: "dev.nagi.v1.DockerfileArgument" },
);

const buildSecret = object(
  "What a step may read, and no layer keeps.",
  {
    id: required(string("Id by which a step mounts it: RUN --mount=type=secret,id=ID.")),
    secretKeyRef: required(secretKeySelector),
  },
  { name: "dev.nagi.v1.DockerfileSecret" },
);
export type BuildSecret = Infer<typeof buildSecret>;

export const dockerfileOptions = object(
  "How the source's own Dockerfile is built.",
  {
    path: string(
      "Path of the Dockerfile from the directory that is built; Containerfile or Dockerfile when absent.",
      { check: checkSourceDirectory },
    ),
    target: string("Stage that is built; the last one when absent."),
    args: array(buildArgument, "Build arguments.", { mergeKey: "name", maxLength: limits.args }),
    secrets: array(buildSecret, "Secrets that steps may mount.", {
      mergeKey: "id",
      maxLength: limits.secrets,
    }),
    noCache: boolean("Whether layers of earlier builds are not used."),
  },
  { name: "dev.nagi.v1.DockerfileOptions" },
);
export type DockerfileOptions = Infer<typeof dockerfileOptions>;

const argumentName = /^[A-Za-z_]\w{0,127}$/;
const secretId = /^[A-Za-z0-9][\w.-]{0,62}$/;

function checkArgument(name: string): string | undefined {
  return argumentName.test(name) ? undefined : "must be letters, digits and _, as the name of a variable";
}

function checkSecretId(id: string): string | undefined {
  if (id.startsWith("nagi-")) return "must not begin with nagi-, which is for the host's own settings";
  return secretId.test(id) ? undefined : "must be letters, digits, '.', '_' and '-', such as npm-token";
}

/** What the steps of a build may use; the platform's own limits where absent. */
export const buildLimits = object(
  "What the steps of a build may use; the platform's own limits where absent.",
  {
    memory: quantity("Memory.", { check: checkLimit }),
    cpu: quantity("Processors.", { check: checkLimit }),
    disk: quantity("What all steps together may write.", { check: checkLimit }),
  },
  { name: "dev.nagi.v1.AppBuildLimits" },
);

function checkLimit(text: string): string | undefined {
  // That it is none is said where its type is checked.
  if (checkQuantity(text) !== undefined) return undefined;
  return byteValue(text) > 0 || milliValue(text) > 0 ? undefined : "must be more than 0, such as 2Gi";
}

interface HowBuilt {
  readonly platform?: string | undefined;
  readonly language?: string | undefined;
  readonly dockerfile?: DockerfileOptions | undefined;
}

/** A Dockerfile, a language and a platform each say how the source is built. */
export function buildErrors({ platform, language, dockerfile }: HowBuilt, path: string): FieldError[] {
  const errors = dockerfile === undefined ? [] : dockerfileErrors(dockerfile, `${path}.dockerfile`);
  const isDockerfile = dockerfile !== undefined || language === "dockerfile";
  if (isDockerfile && platform !== undefined)
    errors.push(forbidden(`${path}.platform`, "a Dockerfile says itself what it builds on"));
  if (dockerfile !== undefined && language !== undefined && language !== "dockerfile")
    errors.push(
      forbidden(
        `${path}.dockerfile`,
        `the source is built as ${language}, which leaves its Dockerfile alone`,
      ),
    );
  return errors;
}

function dockerfileErrors({ args = [], secrets = [] }: DockerfileOptions, path: string): FieldError[] {
  return [
    ...args.flatMap(({ name }, index) => invalidIf(checkArgument(name), `${path}.args[${index}].name`, name)),
    ...secrets.flatMap(({ id }, index) => invalidIf(checkSecretId(id), `${path}.secrets[${index}].id`, id)),
    ...duplicates(
      args.map(({ name }) => name),
      (index) => `${path}.args[${index}].name`,
    ),
    ...duplicates(
      secrets.map(({ id }) => id),
      (index) => `${path}.secrets[${index}].id`,
    ),
  ];
}
