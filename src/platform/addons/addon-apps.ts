/** What an add-on writes into the config of the apps that use it, and whether they run with it. */

import type { Client } from "../../client/client.ts";
import {
  addon as addonKind,
  type Addon,
  type AddonRotation,
  type AttachmentStatus,
} from "../../model/kinds/nagi/addon/addon.ts";
import { addonVars } from "../../model/kinds/nagi/addon/addon-vars.ts";
import { refOf } from "../../model/meta.ts";
import type { JsonValue } from "../../model/schema.ts";
import type { AddonCredentials, AddonInUse } from "./addon-credentials.ts";
import { changeAppConfig, findApp, readAppConfig } from "./app-configs.ts";
import { isSameAttachment, planAttachment, planDetachment } from "./attachments.ts";
import { runsWith } from "./runs-with.ts";

export class AddonApps {
  readonly #client: Client;
  readonly #credentials: AddonCredentials;

  constructor(client: Client, credentials: AddonCredentials) {
    this.#client = client;
    this.#credentials = credentials;
  }

  /** Whether the apps run with the credentials that the rotation gave them; none while it gives none. */
  async runsOf(
    used: AddonInUse,
    rotation: AddonRotation | undefined,
  ): Promise<{ app: string; runs: Awaited<ReturnType<typeof runsWith>> }[]> {
    if (rotation?.phase !== "Releasing" && rotation?.phase !== "Undoing") return [];
    const { namespace } = used.addon.metadata;
    const result = [];
    for (const { app, as } of attached(used.addon)) {
      const vars = addonVars(used.service, as, this.#credentials.values(used, rotation));
      result.push({ app, runs: await runsWith(this.#client, { namespace, app }, vars) });
    }
    return result;
  }

  /** To the apps that have those of before; who was given others by hand keeps them. */
  async giveCredentials(used: AddonInUse, rotation: AddonRotation): Promise<void> {
    const client = this.#client;
    const { addon, service } = used;
    const { namespace, name = "" } = addon.metadata;
    for (const each of attached(addon)) {
      const config = await readAppConfig(client, namespace, each.app);
      if (planDetachment(name, each, config) === undefined) continue;
      const values = addonVars(service, each.as, this.#credentials.values(used, rotation));
      await changeAppConfig(client, { namespace, name: each.app }, { values, annotations: {} });
    }
  }

  /** Gives the apps that want it its config vars; what became of each. */
  async attach(used: AddonInUse, rotation: AddonRotation | undefined): Promise<AttachmentStatus[]> {
    const client = this.#client;
    const { addon, service } = used;
    const { namespace, name = "" } = addon.metadata;
    const wishes = addon.spec.attachments ?? [];
    const present = addon.status?.attachments ?? [];
    const result: AttachmentStatus[] = [];
    for (const wanted of wishes) {
      const before = present.find((each) => isSameAttachment(wanted, each));
      const config = await readAppConfig(client, namespace, wanted.app);
      if (config === undefined && before?.phase === "Attached" && (await this.#isGone(addon, wanted.app))) {
        await this.#forget(addon, wanted.app);
        continue;
      }
      const vars = addonVars(service, wanted.as, this.#credentials.values(used, rotation));
      const { status, change } = planAttachment({ addon: name, wanted, before, config, vars });
      if (change !== undefined) await changeAppConfig(client, { namespace, name: wanted.app }, change);
      result.push(status);
    }
    return result;
  }

  /** Takes its config vars back. */
  async detach({ metadata }: Addon, each: AttachmentStatus): Promise<void> {
    const client = this.#client;
    const { namespace, name = "" } = metadata;
    const change = planDetachment(name, each, await readAppConfig(client, namespace, each.app));
    if (change !== undefined) await changeAppConfig(client, { namespace, name: each.app }, change);
  }

  async #isGone({ metadata }: Addon, app: string): Promise<boolean> {
    return (await findApp(this.#client, metadata.namespace, app)) === undefined;
  }

  /** An app of that name that comes later is another one. */
  async #forget(addon: Addon, app: string): Promise<void> {
    const attachments = (addon.spec.attachments ?? []).filter((each) => each.app !== app);
    const { resourceVersion } = addon.metadata;
    const body = { metadata: { resourceVersion }, spec: { attachments } };
    const patch = { type: "merge", body: JSON.parse(JSON.stringify(body)) as JsonValue } as const;
    await this.#client.patch(addonKind, refOf(addon), patch);
  }
}

function attached({ status }: Addon): AttachmentStatus[] {
  return (status?.attachments ?? []).filter(({ phase }) => phase === "Attached");
}
