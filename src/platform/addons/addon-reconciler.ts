/**
 * Brings one add-on to what it should be: its secret, service and server; its user; the config vars of the apps that use
 * it; its status. Every step can be cut short and is done again.
 */

import { findObject } from "../../client/find-object.ts";
import type { Client } from "../../client/client.ts";
import type { Reconciled } from "../../client/controller.ts";
import type { OpenChannels } from "../../client/run-in-pod.ts";
import type { Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Kind } from "../../model/kind.ts";
import { isJsonEqual } from "../../model/json.ts";
import { statefulSet, type StatefulSet } from "../../model/kinds/apps/statefulset/statefulset.ts";
import { pod as podKind } from "../../model/kinds/core/pod/pod.ts";
import { secret } from "../../model/kinds/core/secret/secret.ts";
import { service as networkService } from "../../model/kinds/core/service/service.ts";
import {
  addon as addonKind,
  type Addon,
  type AddonRotation,
  type AddonStatus,
} from "../../model/kinds/nagi/addon/addon.ts";
import { addonObjectName, addonPodName } from "../../model/kinds/nagi/addon/addon-vars.ts";
import {
  addonService,
  hasUsers,
  type AddonService,
} from "../../model/kinds/nagi/addonservice/addonservice.ts";
import { keyOf, refFromKey, refOf, type KubeObject } from "../../model/meta.ts";
import type { JsonValue } from "../../model/schema.ts";
import { isStatus } from "../../model/status.ts";
import { AddonApps } from "./addon-apps.ts";
import { AddonCredentials, type AddonInUse } from "./addon-credentials.ts";
import { addonNetworkService, addonSecret, addonStatefulSet, digestAnnotation } from "./addon-objects.ts";
import { isSameAttachment } from "./attachments.ts";
import { finalizer, isOwnedBy } from "./names.ts";
import { nextStep } from "./rotation.ts";
import { wantServerImage, type ServerImage } from "./server-image.ts";
import { serverState } from "./server-state.ts";

/** While something is waited for that does not wake the controller. */
const waitMs = 1000;
/** From then on nobody need wait for a user that cannot be made. */
const userFailsMs = 60_000;

export interface AddonReconcilerOptions {
  readonly client: Client;
  readonly open: OpenChannels;
  readonly clock: Clock;
}

export class AddonReconciler {
  readonly #options: AddonReconcilerOptions;
  readonly #credentials: AddonCredentials;
  readonly #apps: AddonApps;
  /** By key: when the first user of an add-on could not be made for the first time. */
  readonly #userFailedAt = new Map<string, number>();

  constructor(options: AddonReconcilerOptions) {
    this.#options = options;
    this.#credentials = new AddonCredentials(options.client, options.open);
    this.#apps = new AddonApps(options.client, this.#credentials);
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Reconciled | undefined> {
    const found = await findObject(this.#options.client, addonKind, refFromKey(key));
    if (found === undefined || found.metadata.deletionTimestamp !== undefined) {
      this.#userFailedAt.delete(key);
      return found === undefined ? undefined : await this.#detachAll(found);
    }
    const addon = await this.#withoutUnwanted(await this.#withFinalizer(found));
    const service = await findObject(this.#options.client, addonService, { name: addon.spec.service });
    const problem = problemOf(addon, service);
    if (service === undefined || problem !== undefined)
      return await this.#write(addon, { phase: "Failed", message: problem });
    const image = await this.#image(addon, service);
    if (image.state !== "there")
      return await this.#write(addon, {
        phase: image.state === "failed" ? "Failed" : "Making",
        message: image.message,
      });
    const { set, ...own } = await this.#ensureObjects(addon, service, image.image);
    const { namespace, name = "" } = addon.metadata;
    const server = serverState(
      await findObject(this.#options.client, podKind, { namespace, name: addonPodName(name) }),
      set,
    );
    const facts = { image: image.image, host: ownedName(own.secret), port: service.spec.port };
    if (!server.ready)
      return await this.#write(addon, { ...facts, phase: "Starting", message: server.message });
    return await this.#serve(own, facts, signal);
  }

  /** The server answers: its user, credentials and apps are seen to. */
  async #serve(
    used: AddonInUse,
    facts: Partial<AddonStatus>,
    signal: AbortSignal,
  ): Promise<Reconciled | undefined> {
    const { addon, service } = used;
    if (addon.status?.user === undefined && hasUsers(service)) await this.#ensureUser(used, facts, signal);
    const rotation = await this.#rotate(used, signal);
    const now = { ...used, secret: await this.#secretOf(addon) };
    const attachments = await this.#apps.attach(now, rotation);
    const isWaiting =
      attachments.some(({ phase }) => phase === "Waiting") ||
      (rotation !== undefined && rotation.phase !== "Complete" && rotation.phase !== "Failed") ||
      (addon.spec.rotatedAt !== undefined && rotation?.requestedAt !== addon.spec.rotatedAt);
    const status = {
      ...facts,
      phase: "Ready" as const,
      message: undefined,
      user: this.#credentials.values(now, rotation).user,
      attachments,
      rotation,
    };
    await this.#write(addon, status);
    return isWaiting ? { requeueAfterMs: waitMs } : undefined;
  }

  /** Tried again whatever the phase: a server that is busy may do it later. */
  async #ensureUser(used: AddonInUse, facts: Partial<AddonStatus>, signal: AbortSignal): Promise<void> {
    const key = keyOf(refOf(used.addon));
    try {
      await this.#credentials.ensureUser(used, signal);
      this.#userFailedAt.delete(key);
    } catch (error) {
      if (signal.aborted) throw error;
      const nowMs = this.#options.clock.now();
      const failedAt = this.#userFailedAt.get(key) ?? nowMs;
      this.#userFailedAt.set(key, failedAt);
      const phase = nowMs - failedAt < userFailsMs ? "Starting" : "Failed";
      await this.#write(used.addon, { ...facts, phase, message: messageOf(error) });
      throw error;
    }
  }

  async #withFinalizer(addon: Addon): Promise<Addon> {
    const { finalizers = [], resourceVersion } = addon.metadata;
    if (finalizers.includes(finalizer)) return addon;
    const body = { metadata: { finalizers: [...finalizers, finalizer], resourceVersion } };
    return await this.#options.client.patch(addonKind, refOf(addon), { type: "merge", body });
  }

  /** Apps let go of it whether it runs or not. */
  async #withoutUnwanted(addon: Addon): Promise<Addon> {
    const present = addon.status?.attachments ?? [];
    const wishes = addon.spec.attachments ?? [];
    const kept = present.filter((each) => wishes.some((wish) => isSameAttachment(wish, each)));
    if (kept.length === present.length) return addon;
    for (const each of present) if (!kept.includes(each)) await this.#apps.detach(addon, each);
    const body = JSON.parse(JSON.stringify({ status: { attachments: kept } })) as JsonValue;
    const options = { subresource: "status" };
    return await this.#options.client.patch(addonKind, refOf(addon), { type: "merge", body }, options);
  }

  async #image(addon: Addon, { spec }: AddonService): Promise<ServerImage> {
    const { client, clock } = this.#options;
    return await wantServerImage(client, { name: spec.platform, present: addon.status?.image, clock });
  }

  async #ensureObjects(
    addon: Addon,
    service: AddonService,
    image: string,
  ): Promise<AddonInUse & { readonly set: StatefulSet }> {
    const { client } = this.#options;
    const own = await this.#ensure(secret, addonSecret(addon, service), addon);
    await this.#ensure(networkService, addonNetworkService(addon, service), addon);
    const wanted = addonStatefulSet(addon, service, image);
    const present = await this.#ensure(statefulSet, wanted, addon);
    const digest = wanted.metadata.annotations?.[digestAnnotation];
    const known = { addon, service, secret: own };
    if (present.metadata.annotations?.[digestAnnotation] === digest) return { ...known, set: present };
    // Claims cannot change; a volume keeps its size.
    const spec = { ...present.spec, template: wanted.spec.template };
    const annotations = { ...present.metadata.annotations, ...wanted.metadata.annotations };
    const changed = { ...present, metadata: { ...present.metadata, annotations }, spec };
    return { ...known, set: await client.update(statefulSet, changed) };
  }

  async #ensure<T extends KubeObject>(kind: Kind<T>, wanted: T, addon: Addon): Promise<T> {
    const { client } = this.#options;
    const present = await findObject(client, kind, refOf(wanted));
    if (present === undefined) {
      try {
        return await client.create(kind, wanted);
      } catch (error) {
        if (!isStatus(error, "AlreadyExists")) throw error;
        return await client.get(kind, refOf(wanted));
      }
    }
    if (isOwnedBy(present, addon)) return present;
    const what = `${kind.kind} ${wanted.metadata.name}`;
    const message = `${what} exists already and is not the add-on's: delete or rename it`;
    await this.#write(addon, { phase: "Failed", message });
    throw new Error(`cannot create ${what}: it exists and is not the add-on's`);
  }

  async #secretOf(addon: Addon): Promise<AddonInUse["secret"]> {
    const { namespace, name = "" } = addon.metadata;
    return await this.#options.client.get(secret, { namespace, name: addonObjectName(name) });
  }

  /** One step of the rotation; the rotation as it is then. */
  async #rotate(used: AddonInUse, signal: AbortSignal): Promise<AddonRotation | undefined> {
    const { addon, service } = used;
    const { rotation } = addon.status ?? {};
    const step = nextStep({
      wish: addon.spec.rotatedAt,
      rotation,
      hasUsers: hasUsers(service),
      apps: await this.#apps.runsOf(used, rotation),
    });
    switch (step.action) {
      case "make-user": {
        const user = await this.#told(used, signal, () => this.#credentials.makeNext(used, signal));
        const next = { ...step.next, user };
        await this.#apps.giveCredentials({ ...used, secret: await this.#secretOf(addon) }, next);
        return next;
      }
      case "drop-old":
        await this.#told(used, signal, () => this.#credentials.dropOld(used, signal));
        return step.next;
      case "drop-new":
        await this.#credentials.dropNext(used, signal);
        return step.next;
      case "set-phase":
        if (step.next.phase === "Undoing") await this.#apps.giveCredentials(used, step.next);
        return step.next;
      default:
        return rotation;
    }
  }

  /** A step of the rotation, which is tried again; meanwhile the rotation says why. */
  async #told<T>({ addon }: AddonInUse, signal: AbortSignal, step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      const { rotation } = addon.status ?? {};
      if (!signal.aborted && rotation !== undefined)
        await this.#write(addon, { rotation: { ...rotation, message: messageOf(error) } });
      throw error;
    }
  }

  async #detachAll(addon: Addon): Promise<undefined> {
    const { finalizers = [], resourceVersion } = addon.metadata;
    if (!finalizers.includes(finalizer)) return;
    for (const each of addon.status?.attachments ?? []) await this.#apps.detach(addon, each);
    const kept = finalizers.filter((each) => each !== finalizer);
    const body = { metadata: { finalizers: kept, resourceVersion } };
    await this.#options.client.patch(addonKind, refOf(addon), { type: "merge", body });
  }

  async #write(addon: Addon, change: Partial<AddonStatus>): Promise<undefined> {
    const { status = {}, metadata } = addon;
    const wanted = { ...status, ...change, observedGeneration: metadata.generation };
    const plain = JSON.parse(JSON.stringify(wanted)) as Record<string, JsonValue>;
    if (isJsonEqual(plain, JSON.parse(JSON.stringify(status)) as JsonValue)) return;
    const gone = Object.fromEntries(
      Object.entries(change)
        .filter(([, value]) => value === undefined)
        .map(([key]) => [key, null]),
    );
    const rotation =
      wanted.rotation === undefined ? {} : { rotation: { message: null, user: null, ...wanted.rotation } };
    // Written by others, maybe since this was read.
    const { restore: _restore, backupDueAt: _due, ...own } = plain;
    const body = JSON.parse(JSON.stringify({ status: { ...own, ...gone, ...rotation } })) as JsonValue;
    await this.#options.client.patch(
      addonKind,
      refOf(addon),
      { type: "merge", body },
      { subresource: "status" },
    );
  }
}

function ownedName({ metadata }: KubeObject): string {
  return metadata.name ?? "";
}

function problemOf({ spec }: Addon, service: AddonService | undefined): string | undefined {
  if (service === undefined) return `there is no service ${spec.service}: see nagi addons services`;
  const { plans } = service.spec;
  if (Object.hasOwn(plans, spec.plan)) return undefined;
  return `service ${spec.service} has no plan ${spec.plan}: it has ${Object.keys(plans).join(", ")}`;
}
