import { defineKind } from "../../../define.ts";
import { invalidIf } from "../../../field-error.ts";
import type { KubeObject } from "../../../meta.ts";
import { checkDnsLabel } from "../../../names.ts";
import { boolean, integer, object, oneOf, required, string, type Infer } from "../../../schema.ts";

/** Entries of a store's secret, by the names that S3's own tools have for them. */
export const storeKeys = { id: "AWS_ACCESS_KEY_ID", secret: "AWS_SECRET_ACCESS_KEY" } as const;

/** The naming rules that all S3 implementations share. */
const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

function checkBucket(name: string): string | undefined {
  return bucketName.test(name)
    ? undefined
    : "must be 3 to 63 lower case letters, digits, dots and dashes, such as shop-backups";
}

export function checkEndpoint(text: string): string | undefined {
  const wrong = "must be an address without a path, such as https://s3.eu-central-1.amazonaws.com";
  if (!URL.canParse(text)) return wrong;
  const { protocol, pathname, search, hash, username } = new URL(text);
  const isHttp = protocol === "https:" || protocol === "http:";
  return isHttp && pathname === "/" && search + hash + username === "" ? undefined : wrong;
}

const s3 = object(
  "A bucket of Amazon S3, or of a server that speaks its protocol.",
  {
    endpoint: required(string("Address of the server.", { check: checkEndpoint })),
    bucket: required(string("Name of the bucket.", { check: checkBucket })),
    region: string("Region that requests are signed for.", { default: "us-east-1", minLength: 1 }),
    prefix: string("What the names of all objects begin with, without a slash at its end.", {
      maxLength: 500,
    }),
    pathStyle: boolean("Whether the bucket stands in the path; else it stands before the server's name.", {
      default: true,
    }),
    secret: required(
      string(`Secret of the same namespace with the entries ${storeKeys.id} and ${storeKeys.secret}.`),
    ),
  },
  { name: "dev.nagi.v1.BackupStoreS3" },
);
export type S3Store = Infer<typeof s3>;

const storeSpec = object("Where backups go.", { s3: required(s3) }, { name: "dev.nagi.v1.BackupStoreSpec" });

const storeStatus = object(
  "What the store is, as last seen.",
  {
    phase: oneOf(["Pending", "Ready", "Failed"], "Whether it takes backups."),
    message: string("Why it is in this phase."),
    observedGeneration: integer("Generation of the spec that this speaks of."),
  },
  { name: "dev.nagi.v1.BackupStoreStatus" },
);

const fields = { spec: required(storeSpec), status: storeStatus };
const schema = object("", fields);
export interface BackupStore extends KubeObject, Infer<typeof schema> {}

export const backupStore = defineKind<BackupStore>({
  group: "nagi.dev",
  version: "v1",
  kind: "BackupStore",
  plural: "backupstores",
  description: "A place outside of the platform that backups of add-ons go to.",
  fields,
  checkName: checkDnsLabel,
  columns: [
    {
      name: "Status",
      type: "string",
      description: "Whether it takes backups.",
      value: ({ status }) => status?.phase ?? "Pending",
    },
    {
      name: "Endpoint",
      type: "string",
      description: "The server.",
      value: ({ spec }) => spec.s3.endpoint,
    },
    { name: "Bucket", type: "string", description: "The bucket.", value: ({ spec }) => spec.s3.bucket },
    {
      name: "Prefix",
      type: "string",
      description: "What names begin with.",
      value: ({ spec }) => spec.s3.prefix ?? "",
    },
    {
      name: "Message",
      type: "string",
      priority: 1,
      description: "Why it is in this phase.",
      value: ({ status }) => status?.message ?? "",
    },
  ],
  initialStatus: () => ({ phase: "Pending" }),
  validate: ({ spec }) =>
    invalidIf(
      /^\/|\/$|\/\/|[^\w./-]/.test(spec.s3.prefix ?? "")
        ? "must be letters, digits, dots, dashes and single slashes, no slash at either end"
        : undefined,
      "spec.s3.prefix",
      spec.s3.prefix,
    ),
});
