/** Creation: a checked copy gets its identity, its defaults and its status, and is written if the name is free. */

import { randomInt, randomUUID } from "node:crypto";
import type { UserInfo } from "../../../client/user.ts";
import { admitNew, textOfAdmitted } from "../../../model/admitted-specs.ts";
import { apiVersionOf, resourceName, type Kind } from "../../../model/kind.ts";
import type { KubeObject, ObjectMeta } from "../../../model/meta.ts";
import { isStatus } from "../../../model/status.ts";
import { invalidError } from "../../../model/validate.ts";
import { alreadyExists, badRequest } from "../api-errors.ts";
import type { ServerParts } from "../parts.ts";
import { writeAuthor } from "../admission/author.ts";
import { admitNamespace } from "../admission/namespace.ts";
import { checkFields, checkType, type FieldChecks } from "./checks.ts";
import { commit, type Outcome } from "./commit.ts";
import { encodeWithSpec } from "./encode.ts";
import { copyJson } from "./json.ts";
import { timestamp } from "../../../lib/timestamp.ts";

export interface CreateRequest extends FieldChecks {
  readonly kind: Kind;
  /** Of the path; "" for cluster-scoped kinds. */
  readonly namespace: string;
  readonly object: KubeObject;
  /** Absent: the server itself. */
  readonly user?: UserInfo | undefined;
  readonly dryRun?: boolean | undefined;
}

export async function createObject(parts: ServerParts, request: CreateRequest): Promise<Outcome> {
  const { kind, namespace } = request;
  const object = newObjectOf(parts, request);
  admitNamespace(parts, kind, namespace, object.metadata.name ?? "");
  const hook = parts.hooks.get(resourceName(kind));
  checkFields(kind, object, request);
  writeAuthor(kind, object, undefined, request.user);
  await hook?.prepare?.(object);
  const { generateName, name } = object.metadata;
  if (name !== undefined && name !== "") return writeNew(parts, request, finish(kind, object));
  if (generateName === undefined || generateName === "") {
    const detail = "name or generateName is required";
    throw invalidError(kind, object, [{ type: "Required", path: "metadata.name", detail }]);
  }
  for (let attempt = 1; ; attempt++) {
    const named = { ...object, metadata: { ...object.metadata, name: generateName + randomSuffix() } };
    try {
      return await writeNew(parts, request, finish(kind, named));
    } catch (error) {
      if (!isStatus(error, "AlreadyExists") || attempt >= parts.limits.generatedNames) throw error;
    }
  }
}

async function writeNew(parts: ServerParts, request: CreateRequest, object: KubeObject): Promise<Outcome> {
  const { kind, namespace, dryRun } = request;
  const name = object.metadata.name ?? "";
  const hook = parts.hooks.get(resourceName(kind));
  let release: (() => void) | undefined;
  try {
    const outcome = await commit(
      parts,
      { kind, namespace, name },
      {
        dryRun,
        make: (previous) => {
          if (previous !== undefined) throw alreadyExists(kind, name);
          release = hook?.claim?.(object, undefined);
          return object;
        },
        encode: (value) => encodeWithSpec(value, textOfAdmitted(kind, (value as { spec?: unknown }).spec)),
      },
    );
    if (dryRun === true) release?.();
    return outcome;
  } catch (error) {
    release?.();
    throw error;
  }
}

/** The order of the keys is the order in which people read them. */
function newObjectOf(parts: ServerParts, request: CreateRequest): KubeObject {
  const { kind, namespace } = request;
  const given = copyJson(request.object, parts.limits.nesting);
  checkType(kind, given);
  const metadata = newMeta(given.metadata ?? {}, kind, namespace, parts.clock.now());
  return { ...given, apiVersion: apiVersionOf(kind), kind: kind.kind, metadata };
}

function newMeta(given: ObjectMeta, kind: Kind, namespace: string, nowMs: number): ObjectMeta {
  if (typeof given !== "object" || Array.isArray(given)) throw badRequest("metadata must be an object");
  if (kind.namespaced && (given.namespace ?? namespace) !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  if (given.resourceVersion !== undefined && given.resourceVersion !== "") {
    throw badRequest("resourceVersion should not be set on objects to be created");
  }
  const { labels, annotations, ownerReferences, finalizers, name, generateName, ...rest } = given;
  for (const field of serverFields) delete rest[field];
  return {
    ...(name === undefined ? {} : { name }),
    ...(generateName === undefined ? {} : { generateName }),
    ...(kind.namespaced ? { namespace } : {}),
    uid: randomUUID(),
    creationTimestamp: timestamp(nowMs),
    ...(Object.hasOwn(kind.fields, "spec") ? { generation: 1 } : {}),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(ownerReferences === undefined ? {} : { ownerReferences }),
    ...(finalizers === undefined ? {} : { finalizers }),
    ...rest,
  };
}

/** Fields of metadata that the server writes, or that nobody keeps. */
const serverFields = [
  "namespace",
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "generation",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "selfLink",
  "managedFields",
] as const;

/** Defaults, status and checks of an object that has its name. */
function finish(kind: Kind, object: KubeObject): KubeObject {
  const { status: given, ...rest } = object as KubeObject & { status?: unknown };
  const fresh = kind.hasStatus || given === undefined ? rest : object;
  const admitted = admitNew(kind, fresh);
  const status = kind.hasStatus ? kind.initialStatus?.(admitted) : undefined;
  return status === undefined ? admitted : ({ ...admitted, status } as KubeObject);
}

/** Kubernetes' alphabet: no vowels, so that no words come out. */
const suffixLetters = "bcdfghjklmnpqrstvwxz2456789";
const suffixLength = 5;

function randomSuffix(): string {
  return Array.from({ length: suffixLength }, () => suffixLetters[randomInt(suffixLetters.length)]).join("");
}
