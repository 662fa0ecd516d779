/**
 * The operations of the API, shared by the HTTPS front end and the in-process client. Each front end says who
 * asks and has it authorised (`authorize`) before it calls an operation.
 */

import type { DeleteOptions, LogOptions, PatchBody } from "../../client/client.ts";
import type { UserInfo } from "../../client/user.ts";
import { apiVersionOf, resourceName, type Kind } from "../../model/kind.ts";
import { scale as scaleKind } from "../../model/kinds/autoscaling/scale/scale.ts";
import type { KubeObject } from "../../model/meta.ts";
import { rootSchema } from "../../model/root-schema.ts";
import type { JsonValue } from "../../model/schema.ts";
import type { Status } from "../../model/status.ts";
import { admitObject } from "../../model/validate.ts";
import { isJsonObject } from "../../model/json.ts";
import type { Actions } from "./actions/action.ts";
import { badRequest, methodNotAllowed, noSuchPath, notFound } from "./api-errors.ts";
import {
  createDerived,
  derivedName,
  getDerived,
  listDerived,
  removeDerived,
  writeDerived,
  type DerivedKind,
  type DerivedKinds,
} from "./derived/derived-kind.ts";
import { attributesOf, authorize, type Authorizer, type ResourceAttributes } from "./auth/authorizer.ts";
import { checkFields, checkType, type FieldChecks } from "./operations/checks.ts";
import type { Outcome } from "./operations/commit.ts";
import { createObject } from "./operations/create.ts";
import { copyJson } from "./operations/json.ts";
import { listObjects, type Listed, type ListRequest } from "./operations/list.ts";
import { applyPatch } from "./operations/patch.ts";
import { removeObject, type RemoveRequest } from "./operations/remove.ts";
import { withDetails } from "./operations/build-details.ts";
import { replaceObject } from "./operations/replace.ts";
import { replaceScale, scaleOf } from "./operations/scale.ts";
import { entryKey, type ServerParts, type Stored, type Target } from "./parts.ts";

export interface CreateCall extends FieldChecks {
  readonly kind: Kind;
  readonly namespace: string;
  readonly object: KubeObject;
  readonly user: UserInfo;
  readonly dryRun?: boolean | undefined;
}

export interface ReplaceCall extends FieldChecks {
  readonly target: Target;
  /** "" is the object itself. */
  readonly subresource: string;
  readonly next: (previous: KubeObject) => KubeObject;
  readonly user: UserInfo;
  readonly dryRun?: boolean | undefined;
}

export interface PatchCall extends FieldChecks {
  readonly target: Target;
  readonly subresource: string;
  readonly patch: PatchBody;
  readonly user: UserInfo;
  readonly dryRun?: boolean | undefined;
}

export interface ActCall {
  readonly target: Target;
  readonly subresource: string;
  readonly body: JsonValue;
  readonly user: UserInfo;
  readonly dryRun?: boolean | undefined;
}

export interface ApiOptions {
  readonly parts: ServerParts;
  readonly authorizer: Authorizer;
  readonly actions: Actions;
  /** What is not stored but seen in other objects. */
  readonly derived: DerivedKinds;
}

export class Api {
  readonly parts: ServerParts;
  readonly #authorizer: Authorizer;
  readonly #actions: Actions;
  readonly #derived: DerivedKinds;

  constructor({ parts, authorizer, actions, derived }: ApiOptions) {
    this.#derived = derived;
    this.parts = parts;
    this.#authorizer = authorizer;
    this.#actions = actions;
  }

  /** Throws Forbidden unless the user may. */
  authorize(user: UserInfo, verb: string, target: Target, subresource?: string): void {
    authorize(this.#authorizer, user, attributesOf(target.kind, verb, { ...target, subresource }));
  }

  /** The same for what may not be a resource that is served. */
  authorizeResource(user: UserInfo, attributes: ResourceAttributes): void {
    authorize(this.#authorizer, user, attributes);
  }

  authorizePath(user: UserInfo, path: string, verb: string): void {
    authorize(this.#authorizer, user, { path, verb });
  }

  get(target: Target, subresource: string): Stored {
    const derived = this.#derivedOf(target.kind);
    if (derived !== undefined) return getDerived(this.parts, derived, target);
    const entry = this.parts.store.get(entryKey(target));
    if (entry === undefined) throw notFound(target.kind, target.name);
    if (subresource === "scale") return scaleOf(target.kind, entry.value);
    return entry;
  }

  list(request: ListRequest): Listed {
    const derived = this.#derivedOf(request.kind);
    return derived === undefined
      ? listObjects(this.parts, request)
      : listDerived(this.parts, derived, request);
  }

  async create(call: CreateCall): Promise<Stored> {
    const { kind } = call;
    const derived = this.#derivedOf(kind);
    if (derived !== undefined) return await this.#createDerived(derived, call);
    const action = this.#actions.get(resourceName(kind));
    if (action === undefined) return createObject(this.parts, call);
    const { namespace, user, dryRun } = call;
    const body = this.#readAction(call) as unknown as JsonValue;
    const value = await action({ parts: this.parts, user, namespace, name: "", body, dryRun });
    return { value, encoded: JSON.stringify(value) };
  }

  async #createDerived(derived: DerivedKind, { object, ...call }: CreateCall): Promise<Stored> {
    const { kind, namespace } = call;
    const target = { kind, namespace, name: object.metadata?.name ?? "" };
    return await createDerived(this.parts, derived, { ...call, target, next: () => object });
  }

  #derivedOf(kind: Kind): DerivedKind | undefined {
    return this.#derived.get(derivedName(kind));
  }

  /** A checked copy of what is sent to a kind that is not stored: it needs no name, and its status is the answer's. */
  #readAction(call: CreateCall): KubeObject {
    const { kind } = call;
    const given = copyJson(call.object, this.parts.limits.nesting);
    checkType(kind, given);
    checkFields(kind, given, call);
    const { status: _status, ...asked } = given as KubeObject & { status?: unknown };
    const metadata = asked.metadata ?? {};
    admitObject(kind, {
      ...asked,
      metadata: isJsonObject(metadata) ? { name: "unnamed", ...metadata } : metadata,
    });
    return { ...asked, metadata };
  }

  async replace(call: ReplaceCall): Promise<Stored> {
    const { subresource } = call;
    const derived = this.#derivedOf(call.target.kind);
    if (derived !== undefined) {
      // As OpenShift does: an update of a tag that is not there makes it.
      const next = (previous: KubeObject | undefined): KubeObject =>
        call.next(previous ?? bareObject(call.target));
      return await writeDerived(this.parts, derived, { ...call, next });
    }
    if (subresource === "scale") return replaceScale(this.parts, call);
    if (subresource === "details")
      return replaceObject(this.parts, {
        ...call,
        subresource: "",
        next: (old) => withDetails(old, call.next(old)),
      });
    if (subresource === "" || isPartOfObject(call.target.kind, subresource)) {
      return replaceObject(this.parts, { ...call, subresource });
    }
    throw noSuchPath();
  }

  async patch(call: PatchCall): Promise<Stored> {
    const { patch, ...rest } = call;
    // A patch needs what it patches.
    if (this.#derivedOf(call.target.kind) !== undefined) this.get(call.target, "");
    const node = rootSchema(call.subresource === "scale" ? scaleKind : call.target.kind);
    const next = (previous: KubeObject): KubeObject => applyPatch(node, previous, patch) as KubeObject;
    return await this.replace({ ...rest, next });
  }

  async remove(request: RemoveRequest): Promise<Outcome> {
    const derived = this.#derivedOf(request.target.kind);
    if (derived !== undefined) return await removeDerived(this.parts, derived, request);
    return await removeObject(this.parts, request);
  }

  /** Deletes what the list shows, some at a time; answers with what it found. */
  async removeAll(request: ListRequest, options: DeleteOptions, dryRun?: boolean): Promise<Listed> {
    const listed = listObjects(this.parts, request);
    const queue = [...listed.entries];
    const worker = async (): Promise<void> => {
      for (let entry = queue.pop(); entry !== undefined; entry = queue.pop()) {
        const target = { kind: request.kind, namespace: entry.namespace, name: entry.name };
        await removeObject(this.parts, { target, options, dryRun });
      }
    };
    await Promise.all(Array.from({ length: this.parts.limits.parallelDeletes }, worker));
    return listed;
  }

  /** POST to a subresource. */
  async act({ target, subresource, body, user, dryRun }: ActCall): Promise<KubeObject | Status> {
    const action = this.#actions.get(`${resourceName(target.kind)}/${subresource}`);
    if (action === undefined) throw methodNotAllowed();
    if (!isJsonObject(body)) throw badRequest("the body must be one object");
    const { namespace, name } = target;
    return action({ parts: this.parts, user, namespace, name, body, dryRun });
  }

  log(target: Target, options: LogOptions): AsyncIterable<Uint8Array> {
    const source = this.parts.logSources.get(resourceName(target.kind));
    if (source === undefined) throw noSuchPath();
    return source.log(this.get(target, "").value, options);
  }
}

function bareObject({ kind, namespace, name }: Target): KubeObject {
  return { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { name, namespace } };
}

function isPartOfObject(kind: Kind, subresource: string): subresource is "status" | "finalize" {
  if (subresource === "status") return kind.hasStatus;
  return subresource === "finalize" && kind.subresources.some(({ name }) => name === "finalize");
}
