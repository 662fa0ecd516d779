/** Which placed pods use which claim: some claims may be used by one pod only, wherever it is. */

import type { PodInfo } from "./pod-info.ts";

const noUsers: ReadonlySet<PodInfo> = new Set();

export class ClaimUsers {
  readonly #users = new Map<string, Set<PodInfo>>();

  /** By `namespace/name` of the claim. */
  of(key: string): ReadonlySet<PodInfo> {
    return this.#users.get(key) ?? noUsers;
  }

  add(info: PodInfo): void {
    for (const key of claimKeysOf(info)) {
      const users = this.#users.get(key);
      if (users === undefined) this.#users.set(key, new Set([info]));
      else users.add(info);
    }
  }

  remove(info: PodInfo): void {
    for (const key of claimKeysOf(info)) {
      const users = this.#users.get(key);
      users?.delete(info);
      if (users?.size === 0) this.#users.delete(key);
    }
  }
}

const none: readonly string[] = [];

/** As `namespace/name`. */
export function claimKeysOf({ namespace, object: { spec } }: PodInfo): readonly string[] {
  if (spec.volumes === undefined) return none;
  const keys = new Set<string>();
  for (const { persistentVolumeClaim } of spec.volumes) {
    if (persistentVolumeClaim !== undefined) keys.add(`${namespace}/${persistentVolumeClaim.claimName}`);
  }
  return [...keys];
}
