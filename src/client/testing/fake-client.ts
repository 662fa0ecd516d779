/**
 * A Client on objects in memory, for tests of what stands above it: conflicts, generations, status apart from
 * spec, defaults and validation, finalizers, graceful deletion, owners, selectors and watches behave as on a
 * server. There is no authorization. Objects that come out are frozen, so that a test finds who
 * changes shared objects.
 */

import { systemClock, type Clock } from "../../lib/clock.ts";
import { isJsonEqual } from "../../model/json.ts";
import { apiVersionOf, kindOfObject, resourceName, type Kind } from "../../model/kind.ts";
import { keyOf, refOf, type KubeObject, type ObjectList, type ObjectRef } from "../../model/meta.ts";
import { applyJsonPatch, applyMergePatch } from "../../model/patch.ts";
import { allKinds } from "../../model/registry.ts";
import { rootSchema } from "../../model/root-schema.ts";
import type { JsonValue } from "../../model/schema.ts";
import { StatusError } from "../../model/status.ts";
import { applyStrategicPatch } from "../../model/strategic-patch.ts";
import { admitObject } from "../../model/validate.ts";
import { tableOf, type Table } from "../../model/table.ts";
import type {
  Client,
  DeleteOptions,
  ListOptions,
  LogOptions,
  PatchBody,
  TableEvent,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from "../client.ts";
import { FakeObjects } from "./fake-objects.ts";

type Fields = KubeObject & { spec?: unknown; status?: unknown };

export interface FakeCall {
  readonly verb: "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "post" | "log";
  readonly kind: Kind;
  readonly ref?: ObjectRef | undefined;
  readonly subresource?: string | undefined;
}

export interface FakeClientOptions {
  readonly clock?: Clock | undefined;
  readonly kinds?: readonly Kind[] | undefined;
  /** What is there at the start, status included. */
  readonly objects?: readonly KubeObject[] | undefined;
}

export class FakeClient implements Client {
  /** Of pods and builds, by `keyOf`. */
  readonly logs = new Map<string, string>();
  readonly #clock: Clock;
  readonly #kinds: readonly Kind[];
  readonly #objects = new FakeObjects();
  readonly #hooks = new Set<(call: FakeCall) => void>();
  #uids = 0;

  constructor(options: FakeClientOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#kinds = options.kinds ?? allKinds;
    for (const object of options.objects ?? []) this.seed(object);
  }

  /** Puts an object there as it is, with its status, completing only identity and time. */
  seed<T extends KubeObject>(object: T): T {
    const kind = this.#kindOf(object);
    const seeded = structuredClone(object);
    seeded.metadata = { ...this.#newMeta(kind, object), ...object.metadata };
    return this.#objects.put(resourceName(kind), seeded) as T;
  }

  /** Calls the hook before every call; what it throws is what the caller gets. Returns the way to end it. */
  onCall(hook: (call: FakeCall) => void): () => void {
    this.#hooks.add(hook);
    return () => void this.#hooks.delete(hook);
  }

  /** Ends all watches with Expired. */
  expireWatches(): void {
    this.#objects.expire();
  }

  /** Ends all watches as a lost connection does; they can go on from where they were. */
  breakWatches(): void {
    this.#objects.breakOff();
  }

  async get<T extends KubeObject>(kind: Kind<T>, ref: ObjectRef): Promise<T> {
    await this.#called({ verb: "get", kind, ref });
    return this.#must(kind, ref);
  }

  async list<T extends KubeObject>(kind: Kind<T>, options: ListOptions = {}): Promise<ObjectList<T>> {
    await this.#called({ verb: "list", kind });
    const items = this.#objects.list(kind, options) as T[];
    const metadata = { resourceVersion: String(this.#objects.revision) };
    return { apiVersion: apiVersionOf(kind), kind: `${kind.kind}List`, metadata, items };
  }

  async *watch<T extends KubeObject>(
    kind: Kind<T>,
    options: WatchOptions = {},
  ): AsyncGenerator<WatchEvent<T>> {
    await this.#called({ verb: "watch", kind });
    yield* this.#objects.watch(kind, options) as AsyncGenerator<WatchEvent<T>>;
  }

  async getTable<T extends KubeObject>(kind: Kind<T>, ref: ObjectRef): Promise<Table> {
    return tableOf(kind, [await this.get(kind, ref)], { nowMs: this.#clock.now() });
  }

  async listTable<T extends KubeObject>(kind: Kind<T>, options: ListOptions = {}): Promise<Table> {
    const { items, metadata } = await this.list(kind, options);
    return tableOf(kind, items, { nowMs: this.#clock.now(), metadata });
  }

  async *watchTable<T extends KubeObject>(
    kind: Kind<T>,
    options: WatchOptions = {},
  ): AsyncGenerator<TableEvent> {
    for await (const event of this.watch(kind, options)) {
      if (event.type === "BOOKMARK") yield event;
      else yield { type: event.type, table: tableOf(kind, [event.object], { nowMs: this.#clock.now() }) };
    }
  }

  async create<T extends KubeObject>(kind: Kind<T>, object: T, options: WriteOptions = {}): Promise<T> {
    await this.#called({ verb: "create", kind, ref: refOf(object) });
    const created: Fields = structuredClone(object);
    created.metadata = { ...object.metadata, ...this.#newMeta(kind, object) };
    if (kind.hasStatus) {
      delete created.status;
      if (kind.initialStatus !== undefined) created.status = kind.initialStatus(created as T);
    }
    admitObject(kind, created as T);
    const ref = refOf(created);
    if (this.#find(kind, ref) !== undefined) {
      throw new StatusError(
        "AlreadyExists",
        `${kind.plural} "${ref.name}" already exists`,
        detailsOf(kind, ref),
      );
    }
    return options.dryRun === true ? (created as T) : this.#put(kind, created as T);
  }

  async update<T extends KubeObject>(kind: Kind<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const ref = refOf(object);
    await this.#called({ verb: "update", kind, ref, subresource: options.subresource });
    return this.#replace(kind, this.#must(kind, ref), { object: structuredClone(object), options });
  }

  async patch<T extends KubeObject>(
    kind: Kind<T>,
    ref: ObjectRef,
    patch: PatchBody,
    options: WriteOptions = {},
  ): Promise<T> {
    await this.#called({ verb: "patch", kind, ref, subresource: options.subresource });
    const current = this.#must(kind, ref);
    const { resourceVersion: _, ...metadata } = current.metadata;
    const object = patched(kind, { ...current, metadata }, patch);
    return this.#replace(kind, current, { object, options });
  }

  async delete<T extends KubeObject>(
    kind: Kind<T>,
    ref: ObjectRef,
    options: DeleteOptions = {},
  ): Promise<void> {
    await this.#called({ verb: "delete", kind, ref });
    const current = this.#must(kind, ref);
    const { uid, resourceVersion } = options.preconditions ?? {};
    if (uid !== undefined && uid !== current.metadata.uid) throw conflict(kind, ref);
    if (resourceVersion !== undefined && resourceVersion !== current.metadata.resourceVersion) {
      throw conflict(kind, ref);
    }
    const graceSeconds = options.gracePeriodSeconds ?? kind.deletionGraceSeconds?.(current) ?? 0;
    if (graceSeconds > 0 || (current.metadata.finalizers ?? []).length > 0) {
      this.#markDeleted(kind, current, graceSeconds);
    } else {
      this.#remove(kind, current, options.propagationPolicy !== "Orphan");
    }
  }

  /** Knows the binding of a pod; every other action only counts as called. */
  async post<T extends KubeObject>(
    kind: Kind<T>,
    ref: ObjectRef,
    subresource: string,
    body: JsonValue,
  ): Promise<JsonValue> {
    await this.#called({ verb: "post", kind, ref, subresource });
    const current = this.#must(kind, ref) as T & { spec?: { nodeName?: string | undefined } };
    if (subresource === "binding") {
      const { target, metadata } = body as { target: { name: string }; metadata?: { uid?: string } };
      const { uid } = current.metadata;
      if (metadata?.uid !== undefined && metadata.uid !== uid) {
        const message = `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${uid}`;
        throw new StatusError("Conflict", message, detailsOf(kind, ref));
      }
      const assigned = current.spec?.nodeName ?? "";
      if (assigned !== "") {
        const message = `Operation cannot be fulfilled on pods/binding "${ref.name}": pod ${ref.name} is already assigned to node "${assigned}"`;
        throw new StatusError("Conflict", message, detailsOf(kind, ref));
      }
      this.#put(kind, { ...current, spec: { ...current.spec, nodeName: target.name } });
    }
    return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };
  }

  async *log<T extends KubeObject>(
    kind: Kind<T>,
    ref: ObjectRef,
    _options: LogOptions = {},
  ): AsyncGenerator<Uint8Array> {
    await this.#called({ verb: "log", kind, ref });
    const text = this.logs.get(keyOf(ref));
    if (text !== undefined) yield new TextEncoder().encode(text);
  }

  async raw(path: string): Promise<JsonValue> {
    if (path === "/version") return { major: "1", minor: "32", gitVersion: "v1.32.0+fake" };
    throw new StatusError("NotFound", "the server could not find the requested resource");
  }

  async #called(call: FakeCall): Promise<void> {
    // A real call never returns in the same turn.
    await Promise.resolve();
    for (const hook of this.#hooks) hook(call);
  }

  #find<T extends KubeObject>(kind: Kind<T>, ref: ObjectRef): T | undefined {
    return this.#objects.get(resourceName(kind), keyOf(ref)) as T | undefined;
  }

  #must<T extends KubeObject>(kind: Kind<T>, ref: ObjectRef): T {
    const found = this.#find(kind, ref);
    if (found !== undefined) return found;
    throw new StatusError("NotFound", `${kind.plural} "${ref.name}" not found`, detailsOf(kind, ref));
  }

  #put<T extends KubeObject>(kind: Kind<T>, object: T): T {
    return this.#objects.put(resourceName(kind), object) as T;
  }

  #newMeta(kind: Kind, object: KubeObject): KubeObject["metadata"] {
    const { name, generateName, namespace } = object.metadata;
    this.#uids += 1;
    return {
      name: name ?? `${generateName ?? "unnamed-"}${this.#uids.toString(36).padStart(5, "x")}`,
      ...(kind.namespaced ? { namespace: namespace ?? "default" } : {}),
      uid: `00000000-0000-4000-8000-${String(this.#uids).padStart(12, "0")}`,
      creationTimestamp: this.#nowIso(),
      generation: 1,
    };
  }

  #replace<T extends KubeObject>(
    kind: Kind<T>,
    current: T,
    { object, options }: { object: T; options: WriteOptions },
  ): T {
    const ref = refOf(current);
    const { resourceVersion, uid } = object.metadata;
    if (resourceVersion !== undefined && resourceVersion !== current.metadata.resourceVersion) {
      throw conflict(kind, ref);
    }
    if (uid !== undefined && uid !== current.metadata.uid) throw conflict(kind, ref);
    const next = structuredClone(merged(kind, current, { object, subresource: options.subresource }));
    admitObject(kind, next, current);
    if (isJsonEqual(next, current)) return current;
    if (options.dryRun === true) return next;
    const stored = this.#put(kind, next);
    const { deletionTimestamp, deletionGracePeriodSeconds, finalizers = [] } = next.metadata;
    const graceless = (deletionGracePeriodSeconds ?? 0) === 0;
    if (deletionTimestamp !== undefined && graceless && finalizers.length === 0)
      this.#remove(kind, next, true);
    return stored;
  }

  #markDeleted<T extends KubeObject>(kind: Kind<T>, current: T, graceSeconds: number): void {
    const { deletionTimestamp, deletionGracePeriodSeconds = Number.POSITIVE_INFINITY } = current.metadata;
    if (deletionTimestamp !== undefined && graceSeconds >= deletionGracePeriodSeconds) return;
    const deletion = {
      deletionTimestamp: this.#nowIso(graceSeconds),
      deletionGracePeriodSeconds: graceSeconds,
      generation: (current.metadata.generation ?? 0) + 1,
    };
    this.#put(kind, { ...current, metadata: { ...current.metadata, ...deletion } });
  }

  /** Removes the object and, unless they are to be orphaned, what only it owns. */
  #remove(kind: Kind, object: KubeObject, cascade: boolean): void {
    this.#objects.remove(resourceName(kind), keyOf(refOf(object)));
    if (!cascade) return;
    const { uid } = object.metadata;
    for (const dependent of this.#objects.all()) {
      const owners = dependent.metadata.ownerReferences ?? [];
      if (owners.length !== 1 || owners[0]?.uid !== uid) continue;
      const dependentKind = this.#kindOf(dependent);
      const graceSeconds = dependentKind.deletionGraceSeconds?.(dependent) ?? 0;
      const finalizers = dependent.metadata.finalizers ?? [];
      if (graceSeconds > 0 || finalizers.length > 0)
        this.#markDeleted(dependentKind, dependent, graceSeconds);
      else this.#remove(dependentKind, dependent, true);
    }
  }

  #kindOf(object: KubeObject): Kind {
    const kind = kindOfObject(
      this.#kinds,
      (each) => apiVersionOf(each) === object.apiVersion && each.kind === object.kind,
    );
    if (kind === undefined) throw new Error(`the fake knows no kind ${object.apiVersion} ${object.kind}`);
    return kind;
  }

  #nowIso(plusSeconds = 0): string {
    return new Date(this.#clock.now() + plusSeconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");
  }
}

/** What an update leaves of the given object: the server's fields are the server's, status has its own way. */
function merged<T extends KubeObject>(
  kind: Kind<T>,
  current: T,
  { object, subresource }: { object: T; subresource?: string | undefined },
): T {
  const given: Fields = object;
  const before: Fields = current;
  if (subresource === "status") return { ...current, status: given.status };
  const { uid, creationTimestamp, generation, resourceVersion } = current.metadata;
  const { deletionTimestamp, deletionGracePeriodSeconds } = current.metadata;
  const kept = { uid, creationTimestamp, generation, resourceVersion, deletionTimestamp };
  const next: Fields = {
    ...given,
    metadata: { ...given.metadata, ...kept, deletionGracePeriodSeconds },
    ...(kind.hasStatus ? { status: before.status } : {}),
  };
  const changed = !isJsonEqual(
    { ...next, metadata: {}, status: {} },
    { ...before, metadata: {}, status: {} },
  );
  if (changed) next.metadata.generation = (generation ?? 0) + 1;
  return next as T;
}

function patched<T extends KubeObject>(kind: Kind<T>, object: T, patch: PatchBody): T {
  switch (patch.type) {
    case "merge":
      return applyMergePatch(object, patch.body) as T;
    case "strategic":
      return applyStrategicPatch(rootSchema(kind), object, patch.body) as T;
    case "json":
      return applyJsonPatch(object, patch.body) as T;
  }
}

function conflict(kind: Kind, ref: ObjectRef): StatusError {
  return new StatusError(
    "Conflict",
    `Operation cannot be fulfilled on ${resourceName(kind)} "${ref.name}": the object has been modified; please apply your changes to the latest version and try again`,
    detailsOf(kind, ref),
  );
}

function detailsOf(kind: Kind, ref: ObjectRef): { name: string; group: string; kind: string } {
  return { name: ref.name, group: kind.group, kind: kind.plural };
}
