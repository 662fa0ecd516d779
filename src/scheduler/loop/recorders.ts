/** Events carry the name of the scheduler that a pod asked for: one recorder a profile. */

import { EventRecorder, type EventRecorderOptions } from "../../client/event-recorder.ts";
import type { Profile } from "../framework/profile.ts";
import type { PodObject } from "../snapshot/objects.ts";
import { schedulerNameOf } from "./deciders.ts";

export class Recorders {
  readonly #byName: ReadonlyMap<string, EventRecorder>;

  constructor(profiles: readonly Profile[], options: Omit<EventRecorderOptions, "component">) {
    this.#byName = new Map(
      profiles.map(({ schedulerName: component }) => [
        component,
        new EventRecorder({ ...options, component }),
      ]),
    );
  }

  /** Of a pod that is ours. */
  of(pod: PodObject): EventRecorder {
    const recorder = this.#byName.get(schedulerNameOf(pod));
    if (recorder === undefined) throw new Error(`there is no profile ${schedulerNameOf(pod)}`);
    return recorder;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#byName.values()].map((recorder) => recorder.close()));
  }
}
