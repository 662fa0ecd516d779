/**
 * What an add-on writes into the config of the apps that use it. Pure. What must stay true: a config var that is
 * somebody else's is never written; one that was written and then changed by somebody is not written again unless asked
 * for, so that an app that went back to its old config after a failed release stays there.
 */

import type { AttachmentStatus, AddonAttachment } from "../../model/kinds/nagi/addon/addon.ts";
import { ownerAnnotation } from "../../model/kinds/nagi/addon/addon-vars.ts";

/** Of an app's config secret; undefined when there is no such app. */
export interface AppConfig {
  readonly values: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** null: the entry goes. */
export interface ConfigChange {
  readonly values: Readonly<Record<string, string | null>>;
  readonly annotations: Readonly<Record<string, string | null>>;
}

export interface AttachmentPlan {
  readonly status: AttachmentStatus;
  readonly change?: ConfigChange | undefined;
}

export interface AttachmentInput {
  readonly addon: string;
  readonly wanted: AddonAttachment;
  readonly before: AttachmentStatus | undefined;
  readonly config: AppConfig | undefined;
  /** Config vars, as they should be now. */
  readonly vars: Readonly<Record<string, string>>;
}

export function planAttachment({ addon, wanted, before, config, vars }: AttachmentInput): AttachmentPlan {
  const { app, as, requestedAt } = wanted;
  const status = { app, as, ...(requestedAt === undefined ? {} : { requestedAt }) };
  if (config === undefined)
    return { status: { ...status, phase: "Waiting", message: `there is no app ${app} yet` } };
  const names = Object.keys(vars);
  if (before?.phase === "Attached" && before.requestedAt === requestedAt) return { status: before };
  const isOurs = (name: string): boolean => config.annotations[ownerAnnotation(name)] === addon;
  const foreign = names.filter((name) => Object.hasOwn(config.values, name) && !isOurs(name));
  if (foreign.length > 0) {
    const owners = foreign.map((name) => config.annotations[ownerAnnotation(name)]);
    const [owner] = owners;
    const whose = owner === undefined ? "set by somebody" : `of the add-on ${owner}`;
    const message = `${foreign.join(", ")} of ${app} is ${whose} already; attach under another name: nagi addons attach ${addon} --app ${app} --as NAME`;
    return { status: { ...status, phase: "Conflict", message } };
  }
  const annotations = Object.fromEntries(names.map((name) => [ownerAnnotation(name), addon]));
  return { status: { ...status, phase: "Attached", vars: names }, change: { values: vars, annotations } };
}

/** Takes back what is still the add-on's; undefined when nothing is. */
export function planDetachment(
  addon: string,
  { vars = [] }: AttachmentStatus,
  config: AppConfig | undefined,
): ConfigChange | undefined {
  const own = vars.filter((name) => config?.annotations[ownerAnnotation(name)] === addon);
  if (own.length === 0) return undefined;
  const gone = (names: readonly string[]): Record<string, null> =>
    Object.fromEntries(names.map((name) => [name, null]));
  return { values: gone(own), annotations: gone(own.map(ownerAnnotation)) };
}

export function isSameAttachment(
  a: Pick<AttachmentStatus, "app" | "as">,
  b: Pick<AttachmentStatus, "app" | "as">,
): boolean {
  return a.app === b.app && a.as === b.as;
}
