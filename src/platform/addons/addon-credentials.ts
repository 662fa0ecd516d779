/** The credentials of an add-on: kept in its secret, known to its server, rotated step by step. */

import { decodeEntries, encodeText } from "../../lib/base64.ts";
import type { Client } from "../../client/client.ts";
import { messageOf } from "../../lib/errors.ts";
import type { OpenChannels } from "../../client/run-in-pod.ts";
import { secret, type Secret } from "../../model/kinds/core/secret/secret.ts";
import type { Addon, AddonRotation } from "../../model/kinds/nagi/addon/addon.ts";
import { addonObjectName, addonPodName, type AddonValues } from "../../model/kinds/nagi/addon/addon-vars.ts";
import type { AddonService } from "../../model/kinds/nagi/addonservice/addonservice.ts";
import { newCredentials, type Credentials } from "./addon-objects.ts";
import { runOnServer } from "./addon-server.ts";
import { changeOfUsers, changeMaxMs } from "./change-of-users.ts";

/** Longer than the command lives in the container, which an end of the session does not end. */
const sessionMaxMs = changeMaxMs + 10_000;
const complaintMaxCharacters = 600;

export interface AddonInUse {
  readonly addon: Addon;
  readonly service: AddonService;
  readonly secret: Secret;
}

export class AddonCredentials {
  readonly #client: Client;
  readonly #open: OpenChannels;

  constructor(client: Client, open: OpenChannels) {
    this.#client = client;
    this.#open = open;
  }

  /** What apps get while the rotation is in that phase. */
  values({ addon, service, secret: own }: AddonInUse, rotation: AddonRotation | undefined): AddonValues {
    const data = decodeEntries(own.data);
    const useNext = rotation?.phase === "Releasing" || rotation?.phase === "Dropping";
    const next = useNext ? data["next-user"] : undefined;
    return {
      user: next ?? data["user"] ?? "",
      password: (next === undefined ? data["password"] : data["next-password"]) ?? "",
      host: addonObjectName(addon.metadata.name ?? ""),
      port: service.spec.port,
      database: data["database"] ?? "",
    };
  }

  async ensureUser(used: AddonInUse, signal: AbortSignal): Promise<void> {
    const { user = "", password = "" } = decodeEntries(used.secret.data);
    await this.#addUser(used, { user, password }, signal);
  }

  /** The second user: the same one however often it is tried. */
  async makeNext(used: AddonInUse, signal: AbortSignal): Promise<string> {
    const data = decodeEntries(used.secret.data);
    const { "next-user": user, "next-password": password } = data;
    const next = user === undefined || password === undefined ? newCredentials() : { user, password };
    if (user === undefined)
      await this.#patch(used, { "next-user": next.user, "next-password": next.password });
    await this.#addUser(used, next, signal);
    return next.user;
  }

  /** The second user takes the place of the first one, who goes. */
  async dropOld(used: AddonInUse, signal: AbortSignal): Promise<void> {
    const data = decodeEntries(used.secret.data);
    const { user, "next-user": next, "next-password": password } = data;
    let old = data["old-user"];
    if (next !== undefined) {
      old = user;
      const moved = { user: next, password: password ?? "", "old-user": user ?? null };
      await this.#patch(used, { ...moved, "next-user": null, "next-password": null });
    }
    if (old === undefined) return;
    await this.#dropUser(used, old, signal);
    await this.#patch(used, { "old-user": null });
  }

  async dropNext(used: AddonInUse, signal: AbortSignal): Promise<void> {
    const next = decodeEntries(used.secret.data)["next-user"];
    if (next === undefined) return;
    await this.#dropUser(used, next, signal);
    await this.#patch(used, { "next-user": null, "next-password": null });
  }

  async #addUser(used: AddonInUse, { user, password }: Credentials, signal: AbortSignal): Promise<void> {
    await this.#run(used, "addUser", [user, password], signal);
  }

  async #dropUser(used: AddonInUse, user: string, signal: AbortSignal): Promise<void> {
    await this.#run(used, "dropUser", [user], signal);
  }

  async #run(
    { addon, service }: AddonInUse,
    command: "addUser" | "dropUser",
    lines: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    const run = service.spec.commands?.[command];
    if (run === undefined) return;
    const { namespace, name = "" } = addon.metadata;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(sessionMaxMs)]);
    const pod = { namespace, name: addonPodName(name) };
    try {
      await runOnServer(this.#open, { pod, command: changeOfUsers(run), lines, signal: limit });
    } catch (cause) {
      const [, password = ""] = lines;
      // Servers quote what they were asked, and this is shown to whoever sees the add-on.
      const said = password === "" ? messageOf(cause) : messageOf(cause).replaceAll(password, "...");
      const text = said.slice(0, complaintMaxCharacters);
      throw new Error(`cannot run ${command} of service ${service.metadata.name}: ${text}`, { cause });
    }
  }

  async #patch({ addon }: AddonInUse, entries: Readonly<Record<string, string | null>>): Promise<void> {
    const { namespace, name = "" } = addon.metadata;
    const data = Object.fromEntries(
      Object.entries(entries).map(([key, value]) => [key, value === null ? null : encodeText(value)]),
    );
    const ref = { namespace, name: addonObjectName(name) };
    await this.#client.patch(secret, ref, { type: "merge", body: { data } });
  }
}
