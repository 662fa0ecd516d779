/**
 * Objects other than pods and nodes that plugins look at (services, volumes, budgets, ...), by kind. `version` moves
 * with every change of a kind, so that what was worked out from it can be kept until then. Kinds whose objects are a
 * node's own are columns of the cluster: their changes are in its change log, and move no version.
 */

import type { MetaObject } from "./objects.ts";

export interface RelatedObject {
  readonly metadata: MetaObject;
}

/** Of which the cluster keeps columns. */
export const kindsInColumns: ReadonlySet<string> = new Set(["NodeMetrics"]);

interface KindTable {
  version: number;
  readonly objects: Map<string, RelatedObject>;
}

/** Told of every change; `object` is undefined when it is gone. */
type OnChange = (kind: string, name: string, object: RelatedObject | undefined) => void;

export class RelatedObjects {
  readonly #kinds = new Map<string, KindTable>();
  readonly #onChange: OnChange;

  constructor(onChange: OnChange = () => undefined) {
    this.#onChange = onChange;
  }

  version(kind: string): number {
    return this.#kinds.get(kind)?.version ?? 0;
  }

  get<T extends RelatedObject>(kind: string, namespace: string, name: string): T | undefined {
    return this.#kinds.get(kind)?.objects.get(`${namespace}/${name}`) as T | undefined;
  }

  /** Of one namespace, or of all. */
  list<T extends RelatedObject>(kind: string, namespace?: string): readonly T[] {
    const all = [...(this.#kinds.get(kind)?.objects.values() ?? [])] as unknown as readonly T[];
    return namespace === undefined ? all : all.filter(({ metadata }) => metadata.namespace === namespace);
  }

  /** What was there before. */
  set(kind: string, object: RelatedObject): RelatedObject | undefined {
    const table = this.#tableOf(kind);
    const { namespace = "", name = "" } = object.metadata;
    const key = `${namespace}/${name}`;
    const previous = table.objects.get(key);
    table.objects.set(key, object);
    this.#changed(kind, name, object);
    return previous;
  }

  remove(kind: string, namespace: string, name: string): RelatedObject | undefined {
    const table = this.#tableOf(kind);
    const key = `${namespace}/${name}`;
    const previous = table.objects.get(key);
    if (table.objects.delete(key)) this.#changed(kind, name, undefined);
    return previous;
  }

  #changed(kind: string, name: string, object: RelatedObject | undefined): void {
    if (!kindsInColumns.has(kind)) this.#tableOf(kind).version++;
    this.#onChange(kind, name, object);
  }

  /** For what is no object of its own but changes like one. */
  touch(kind: string): void {
    this.#tableOf(kind).version++;
  }

  #tableOf(kind: string): KindTable {
    let table = this.#kinds.get(kind);
    if (table === undefined) this.#kinds.set(kind, (table = { version: 0, objects: new Map() }));
    return table;
  }
}
