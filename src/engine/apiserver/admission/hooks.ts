/**
 * What single kinds need beyond their schema when they are written: addresses, default accounts, reserved names.
 * A hook sees only fresh objects that it may change. One file a kind; `hooksByResource` in server.ts lists them.
 */

import type { KubeObject } from "../../../model/meta.ts";

export interface KindHook {
  /** Before defaults and validation of a new object; may wait, for instance for a signature. */
  readonly prepare?: ((object: KubeObject) => Promise<void> | void) | undefined;
  /** Before defaults and validation of a change. */
  readonly prepareUpdate?: ((next: KubeObject, previous: KubeObject) => void) | undefined;
  /**
   * The last step before the write, in its order: what is claimed here is claimed once. Throws to refuse; returns
   * how to give the claim back when the write fails or was a dry run.
   */
  readonly claim?:
    | ((next: KubeObject, previous: KubeObject | undefined) => (() => void) | undefined)
    | undefined;
  /** Throws to refuse a deletion. */
  readonly checkDelete?: ((object: KubeObject) => void) | undefined;
  /** Changes an object that a deletion found and that stays for now. */
  readonly markDeleted?: ((object: KubeObject) => KubeObject) | undefined;
  /** Whether anything of the kind's own keeps a deleted object (beside finalizers in its metadata). */
  readonly holds?: ((object: KubeObject) => boolean) | undefined;
}

/** By `resourceName`. */
export type Hooks = ReadonlyMap<string, KindHook>;
