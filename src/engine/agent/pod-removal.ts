/** Takes a pod's containers away. One that the engine does not let go of holds the pod up for a while only. */

import type { AgentContext } from "./agent-context.ts";
import { removalOrder, type ContainerRecord } from "./container-record.ts";
import { removalGiveUpMs } from "./limits.ts";
import { stuckText, tryRemove } from "./stuck-container.ts";

export interface PodRemovalOptions {
  readonly context: Pick<AgentContext, "engine" | "clock">;
  /** What is known of it besides goes with it. */
  readonly onRemoved: (record: ContainerRecord) => Promise<void>;
  /** Told again at each try. */
  readonly onStuck: (text: string) => void;
}

export class PodRemoval {
  readonly #options: PodRemovalOptions;
  readonly #stuck = new Set<string>();
  #stuckSinceMs: number | undefined;

  constructor(options: PodRemovalOptions) {
    this.#options = options;
  }

  /** Whether the engine did not remove it when it was asked last. */
  isStuck(id: string): boolean {
    return this.#stuck.has(id);
  }

  /** Throws when it is still there. */
  async remove(record: ContainerRecord): Promise<void> {
    const stuck = await this.#try(record);
    if (stuck !== undefined) throw new Error(`cannot remove a container of the pod: ${stuck}`);
  }

  /**
   * Throws while it may still help to try again. After that the pod is let go of: what is left of it is removed when the engine
   * lets it, as what belongs to no pod (orphans.ts).
   */
  async removeAll(records: readonly ContainerRecord[]): Promise<void> {
    const { clock } = this.#options.context;
    for (const record of removalOrder(records)) {
      const stuck = await this.#try(record);
      if (stuck === undefined) continue;
      this.#stuckSinceMs ??= clock.now();
      if (clock.now() - this.#stuckSinceMs < removalGiveUpMs)
        throw new Error(`cannot remove a container of the pod: ${stuck}`);
    }
  }

  async #try(record: ContainerRecord): Promise<string | undefined> {
    const { context, onRemoved, onStuck } = this.#options;
    const stuck = await tryRemove(context.engine, record.id);
    if (stuck === undefined) {
      this.#stuck.delete(record.id);
      await onRemoved(record);
      return undefined;
    }
    this.#stuck.add(record.id);
    onStuck(stuckText(record.id.slice(0, 12), stuck));
    return stuck;
  }
}
