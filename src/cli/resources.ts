/** What a user's words mean: kinds by any of their names, objects as `TYPE NAME` or `TYPE/NAME`. */

import type { Client } from "../client/client.ts";
import { Discovery, splitTypeAndName } from "../client/discovery.ts";
import type { Kind } from "../model/kind.ts";
import type { KubeObject, ObjectRef } from "../model/meta.ts";
import { StatusError } from "../model/status.ts";
import { UsageError, type CommandContext } from "./command.ts";

/** A kind and the names asked for; none means all. */
export interface Target {
  readonly kind: Kind;
  readonly names: readonly string[];
  /** Of the manifest that named it; absent: the command's. */
  readonly namespace?: string | undefined;
}

export interface NamedObject {
  readonly kind: Kind;
  readonly ref: ObjectRef;
}

const discoveries = new WeakMap<Client, Discovery>();

function discoveryOf(client: Client): Discovery {
  const known = discoveries.get(client);
  if (known !== undefined) return known;
  const made = new Discovery({ client });
  discoveries.set(client, made);
  return made;
}

export async function kindOf(client: Client, { apiVersion, kind }: KubeObject): Promise<Kind> {
  return await discoveryOf(client).kindOf(apiVersion, kind);
}

async function resolveKinds(client: Client, word: string): Promise<readonly Kind[]> {
  try {
    return await discoveryOf(client).resolve(word);
  } catch (error) {
    if (error instanceof StatusError && error.reason === "NotFound")
      throw new UsageError(error.message, "What it has: kubectl api-resources");
    throw error;
  }
}

/** `pods`, `pods a b`, `deploy,svc`, `pod/a svc/b`. */
export async function parseTargets(client: Client, args: readonly string[]): Promise<readonly Target[]> {
  const [first, ...rest] = args;
  if (first === undefined)
    throw new UsageError("you must specify the type of resource", "For instance: nagi get pods");
  if (args.some((word) => word.includes("/")))
    return await Promise.all(
      args.map(async (word) => {
        const { type, name } = splitTypeAndName(word);
        const [kind] = await resolveKinds(client, type);
        if (kind === undefined || name === undefined)
          throw new UsageError(`${JSON.stringify(word)} is not of the form RESOURCE/NAME, as the others are`);
        return { kind, names: [name] };
      }),
    );
  const kinds = (await Promise.all(first.split(",").map((word) => resolveKinds(client, word)))).flat();
  return kinds.map((kind) => ({ kind, names: rest }));
}

/** The objects of arguments that must all be named. */
export async function resolveNamed(context: CommandContext, client: Client): Promise<NamedObject[]> {
  const namespace = await context.namespace();
  return (await parseTargets(client, context.args)).flatMap(({ kind, names }) => {
    if (names.length === 0) throw new UsageError(`the name of the ${kind.singular} is missing`);
    return names.map((name) => ({ kind, ref: { namespace: kind.namespaced ? namespace : undefined, name } }));
  });
}

/** One object in the form `pod/web`. */
export async function resolveTyped(client: Client, word: string): Promise<{ kind: Kind; name: string }> {
  const { type, name } = splitTypeAndName(word);
  const [kind] = await resolveKinds(client, type);
  if (kind === undefined || name === undefined)
    throw new UsageError(`${JSON.stringify(word)} is not of the form RESOURCE/NAME`, "For instance: pod/web");
  return { kind, name };
}
