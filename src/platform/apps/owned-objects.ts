/** Creating and removing what belongs to an app, without touching what does not. */

import type { Client } from "../../client/client.ts";
import type { EventRecorder } from "../../client/event-recorder.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import type { Kind } from "../../model/kind.ts";
import { refOf, type KubeObject } from "../../model/meta.ts";
import { isNotFound, isStatus } from "../../model/status.ts";
import { isOwnedBy } from "./names.ts";

export interface OwnedObjectsOptions {
  readonly client: Client;
  readonly events: EventRecorder;
}

export class OwnedObjects {
  readonly #options: OwnedObjectsOptions;

  constructor(options: OwnedObjectsOptions) {
    this.#options = options;
  }

  /** The object that is there then, made now or before. */
  async create<T extends KubeObject>(kind: Kind<T>, object: T, app: App): Promise<T> {
    const { client } = this.#options;
    try {
      return await client.create(kind, object);
    } catch (error) {
      if (!isStatus(error, "AlreadyExists")) throw error;
      const present = await client.get(kind, refOf(object));
      // Made a moment ago, which a cache does not know yet; or by the user before the app.
      this.claim(present, app);
      return present;
    }
  }

  /** Throws when the object is somebody else's. A secret may be the user's: the app only reads it. */
  claim(present: KubeObject, app: App): void {
    if (isOwnedBy(present, app) || present.kind === "Secret") return;
    const what = `${present.kind} ${present.metadata.name}`;
    const text = `${what} exists already and does not belong to the app: delete or rename it`;
    this.#options.events.event(app, "Warning", "NameTaken", text);
    throw new Error(`cannot create ${what}: it exists and is not the app's`);
  }

  /** `Orphan`: what it controls stays, for another to take over. */
  async remove<T extends KubeObject>(
    kind: Kind<T>,
    object: T,
    propagationPolicy: "Background" | "Orphan" = "Background",
  ): Promise<void> {
    const options = { preconditions: { uid: object.metadata.uid }, propagationPolicy };
    await this.#options.client.delete(kind, refOf(object), options).catch(ignoreNotFound);
  }
}

export function ignoreNotFound(error: unknown): void {
  if (!isNotFound(error)) throw error;
}
