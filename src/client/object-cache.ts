/** Objects by key and by what indexers say of them. */

import type { KubeObject } from "../model/meta.ts";

/** Objects that a cache may hold; a kind with more of them is not one to be cached whole. */
const cacheMaxObjects = 500_000;

/** By name of the index: the values under which an object is found. */
export type Indexers<T> = Readonly<Record<string, (object: T) => readonly string[]>>;

export class ObjectCache<T extends KubeObject> {
  readonly #resource: string;
  readonly #indexers: Indexers<T>;
  readonly #objects = new Map<string, T>();
  readonly #byNamespace = new Map<string, Map<string, T>>();
  /** Index, value, key. */
  readonly #indexes = new Map<string, Map<string, Map<string, T>>>();

  constructor(resource: string, indexers: Indexers<T> = {}) {
    this.#resource = resource;
    this.#indexers = indexers;
    for (const name of Object.keys(indexers)) this.#indexes.set(name, new Map());
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  keys(): string[] {
    return [...this.#objects.keys()];
  }

  list(namespace?: string): T[] {
    const objects = namespace === undefined ? this.#objects : this.#byNamespace.get(namespace);
    return objects === undefined ? [] : [...objects.values()];
  }

  byIndex(name: string, value: string): T[] {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new Error(`the cache of ${this.#resource} has no index ${name}`);
    const found = index.get(value);
    return found === undefined ? [] : [...found.values()];
  }

  /** Returns what was there before. The key says the namespace, so that stays. */
  set(key: string, object: T): T | undefined {
    const previous = this.#objects.get(key);
    if (previous === undefined && this.#objects.size >= cacheMaxObjects) {
      throw new Error(`cannot cache more than ${cacheMaxObjects} objects of ${this.#resource}`);
    }
    this.#objects.set(key, object);
    put(this.#byNamespace, object.metadata.namespace ?? "", key, object);
    if (previous !== undefined) this.#dropIndexed(key, previous);
    for (const [name, index] of this.#indexes) {
      for (const value of this.#indexers[name]?.(object) ?? []) put(index, value, key, object);
    }
    return previous;
  }

  delete(key: string): T | undefined {
    const previous = this.#objects.get(key);
    if (previous === undefined) return undefined;
    this.#objects.delete(key);
    drop(this.#byNamespace, previous.metadata.namespace ?? "", key);
    this.#dropIndexed(key, previous);
    return previous;
  }

  #dropIndexed(key: string, previous: T): void {
    for (const [name, index] of this.#indexes) {
      for (const value of this.#indexers[name]?.(previous) ?? []) drop(index, value, key);
    }
  }
}

function put<T>(groups: Map<string, Map<string, T>>, group: string, key: string, object: T): void {
  const members = groups.get(group);
  if (members === undefined) groups.set(group, new Map([[key, object]]));
  else members.set(key, object);
}

function drop<T>(groups: Map<string, Map<string, T>>, group: string, key: string): void {
  const members = groups.get(group);
  members?.delete(key);
  if (members?.size === 0) groups.delete(group);
}
