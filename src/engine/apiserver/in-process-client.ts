/**
 * The API without a wire, for the parts of Nagi that live in the same process: the same operations, checks and
 * permissions as over HTTPS, but objects are handed over as they are. What comes out is shared and never changed.
 */

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
} from "../../client/client.ts";
import type { UserInfo } from "../../client/user.ts";
import { apiVersionOf, type Kind } from "../../model/kind.ts";
import type { KubeObject, ObjectList, ObjectRef } from "../../model/meta.ts";
import type { JsonValue } from "../../model/schema.ts";
import { tableColumns, tableOf, tableRow, type Table } from "../../model/table.ts";
import type { Api } from "./api.ts";
import { badRequest } from "./api-errors.ts";
import { selectionOf } from "./operations/selection.ts";
import type { Target } from "./parts.ts";
import { watchInProcess } from "./in-process-watch.ts";

export interface InProcessOptions {
  readonly api: Api;
  readonly user: UserInfo;
  /** Answers a GET outside the objects. */
  readonly readPath: (user: UserInfo, path: string) => JsonValue;
}

export class InProcessClient implements Client {
  readonly #api: Api;
  readonly #user: UserInfo;
  readonly #readPath: InProcessOptions["readPath"];

  constructor({ api, user, readPath }: InProcessOptions) {
    this.#api = api;
    this.#user = user;
    this.#readPath = readPath;
  }

  async get<T extends KubeObject>(kind: Kind<T>, ref: ObjectRef): Promise<T> {
    const target = targetOf(kind, ref);
    this.#allow("get", target);
    return this.#api.get(target, "").value as T;
  }

  async list<T extends KubeObject>(kind: Kind<T>, options: ListOptions = {}): Promise<ObjectList<T>> {
    const { entries, resourceVersion, ...page } = this.#list(kind, options);
    return {
      apiVersion: apiVersionOf(kind),
      kind: `${kind.kind}List`,
      metadata: { resourceVersion, ...page },
      items: entries.map((entry) => entry.value as T),
    };
  }

  watch<T extends KubeObject>(kind: Kind<T>, options: WatchOptions = {}): AsyncIterable<WatchEvent<T>> {
    return {
      [Symbol.asyncIterator]: () => {
        const namespace = placeOf(kind, options.namespace);
        this.#allow("watch", { kind, namespace: namespace ?? "", name: "" });
        return watchInProcess<T>(this.#api.parts, kind, { ...options, namespace });
      },
    };
  }

  async getTable<T extends KubeObject>(kind: Kind<T>, ref: ObjectRef): Promise<Table> {
    return this.#table(kind, [await this.get(kind, ref)], {});
  }

  async listTable<T extends KubeObject>(kind: Kind<T>, options: ListOptions = {}): Promise<Table> {
    const { items, metadata } = await this.list(kind, options);
    return this.#table(kind, items, metadata);
  }

  async *watchTable<T extends KubeObject>(
    kind: Kind<T>,
    options: WatchOptions = {},
  ): AsyncIterable<TableEvent> {
    let columns = tableColumns(kind);
    for await (const event of this.watch(kind, options)) {
      if (event.type === "BOOKMARK") {
        yield event;
        continue;
      }
      const row = tableRow(kind, event.object, this.#api.parts.clock.now());
      const { resourceVersion } = event.object.metadata;
      yield {
        type: event.type,
        table: { ...emptyTable, metadata: { resourceVersion }, columnDefinitions: columns, rows: [row] },
      };
      columns = [];
    }
  }

  async create<T extends KubeObject>(kind: Kind<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const namespace = kind.namespaced ? (object.metadata?.namespace ?? "") : "";
    if (kind.namespaced && namespace === "") {
      throw badRequest("an empty namespace may not be set during creation");
    }
    this.#allow("create", { kind, namespace, name: object.metadata?.name ?? "" }, options.subresource);
    const request = { kind, namespace, object, user: this.#user, ...writeOptions(options) };
    return (await this.#api.create(request)).value as T;
  }

  async update<T extends KubeObject>(kind: Kind<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const { name, namespace } = object.metadata;
    const target = targetOf(kind, { name: name ?? "", namespace });
    const { subresource = "" } = options;
    this.#allow("update", target, subresource);
    const request = { target, subresource, next: () => object, user: this.#user, ...writeOptions(options) };
    return (await this.#api.replace(request)).value as T;
  }

  async patch<T extends KubeObject>(
    kind: Kind<T>,
    ref: ObjectRef,
    patch: PatchBody,
    options: WriteOptions = {},
  ): Promise<T> {
    const target = targetOf(kind, ref);
    const { subresource = "" } = options;
    this.#allow("patch", target, subresource);
    const request = { target, subresource, patch, user: this.#user, ...writeOptions(options) };
    return (await this.#api.patch(request)).value as T;
  }

  async delete<T extends KubeObject>(
    kind: Kind<T>,
    ref: ObjectRef,
    options: DeleteOptions = {},
  ): Promise<void> {
    const target = targetOf(kind, ref);
    this.#allow("delete", target);
    await this.#api.remove({ target, options });
  }

  async post<T extends KubeObject>(
    kind: Kind<T>,
    ref: ObjectRef,
    subresource: string,
    body: JsonValue,
  ): Promise<JsonValue> {
    const target = targetOf(kind, ref);
    this.#allow("create", target, subresource);
    const answer = await this.#api.act({ target, subresource, body, user: this.#user });
    return answer as unknown as JsonValue;
  }

  async *log<T extends KubeObject>(
    kind: Kind<T>,
    ref: ObjectRef,
    options: LogOptions = {},
  ): AsyncIterable<Uint8Array> {
    const target = targetOf(kind, ref);
    this.#allow("get", target, "log");
    yield* this.#api.log(target, options);
  }

  async raw(path: string): Promise<JsonValue> {
    return this.#readPath(this.#user, path);
  }

  #allow(verb: string, target: Target, subresource?: string): void {
    this.#api.authorize(this.#user, verb, target, subresource);
  }

  #list(kind: Kind, options: ListOptions) {
    const { labelSelector, fieldSelector, ...rest } = options;
    const namespace = placeOf(kind, options.namespace);
    this.#allow("list", { kind, namespace: namespace ?? "", name: "" });
    return this.#api.list({
      kind,
      selection: selectionOf(kind, labelSelector, fieldSelector),
      ...rest,
      namespace,
    });
  }

  #table<T extends KubeObject>(kind: Kind<T>, objects: readonly T[], metadata: Table["metadata"]): Table {
    return tableOf(kind, objects, { nowMs: this.#api.parts.clock.now(), metadata });
  }
}

const emptyTable = { kind: "Table", apiVersion: "meta.k8s.io/v1" } as const;

function targetOf(kind: Kind, ref: ObjectRef): Target {
  const namespace = kind.namespaced ? (ref.namespace ?? "") : "";
  if (ref.name === "") throw badRequest("the name of the object is required");
  if (kind.namespaced && namespace === "") throw badRequest("the namespace of the object is required");
  return { kind, namespace, name: ref.name };
}

/** Undefined: all there are. */
function placeOf(kind: Kind, namespace: string | undefined): string | undefined {
  return kind.namespaced && namespace !== "" ? namespace : undefined;
}

function writeOptions({ dryRun, fieldValidation }: WriteOptions) {
  return { dryRun, fieldValidation };
}
