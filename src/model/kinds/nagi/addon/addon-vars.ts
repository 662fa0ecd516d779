/** The config vars by which apps find an add-on, and the names of an add-on's own objects. Pure. */

import type { AddonService } from "../addonservice/addonservice.ts";
import { appNameMax } from "../app-names.ts";

/** On everything that belongs to an add-on: its name. */
export const addonLabel = "nagi.dev/addon";
/** Of the server in the add-on's pod. */
export const serverContainer = "server";

/** Of an add-on that is made for an app: of a long name of the app there is as much as fits. */
export function addonNameFor(app: string, what: string): string {
  const room = Math.max(1, appNameMax - what.length - 1);
  return `${app.slice(0, room).replace(/-+$/, "")}-${what}`;
}

/** Of an add-on's service, secret and stateful set: apps and add-ons may have the same name. */
export function addonObjectName(addon: string): string {
  return `addon-${addon}`;
}

export function addonPodName(addon: string): string {
  return `${addonObjectName(addon)}-0`;
}

/** On an app's config secret: the add-on that a config var is of. */
export function ownerAnnotation(variable: string): string {
  return `addons.nagi.dev/${variable}`;
}

export interface AddonValues {
  readonly user: string;
  readonly password: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
}

export function addonVarNames({ spec }: AddonService, as: string): string[] {
  return Object.keys(spec.vars).map((name) => `${as}_${name}`);
}

export function addonVars({ spec }: AddonService, as: string, values: AddonValues): Record<string, string> {
  const known: Readonly<Record<string, string>> = { ...values, port: String(values.port) };
  return Object.fromEntries(
    Object.entries(spec.vars).map(([name, text]) => [
      `${as}_${name}`,
      text.replaceAll(/\$\{(\w+)\}/g, (_match, key: string) => known[key] ?? ""),
    ]),
  );
}

/** The service that a name or another name of it means. */
export function findService(services: readonly AddonService[], name: string): AddonService | undefined {
  return (
    services.find(({ metadata }) => metadata.name === name) ??
    services.find(({ spec }) => spec.aliases?.includes(name) === true)
  );
}

/** `postgresql:small` as service and plan; a plan that is not named is undefined. */
export function parsePlanName(text: string): { readonly service: string; readonly plan: string | undefined } {
  const colon = text.indexOf(":");
  return colon < 0
    ? { service: text, plan: undefined }
    : { service: text.slice(0, colon), plan: text.slice(colon + 1) };
}

/** What may stand in front of `_URL` when the usual name is taken, as Heroku has it. */
const colours = ["AMBER", "BLUE", "CORAL", "CYAN", "GOLD", "GREEN", "IVORY", "JADE", "LIME", "NAVY", "OLIVE"];
const moreColours = ["ORANGE", "PINK", "PLUM", "PURPLE", "RED", "RUBY", "SILVER", "TEAL", "VIOLET", "WHITE"];

/** The service's own prefix when the app has none of its config vars; else one with a colour that is free. */
export function freePrefix(service: AddonService, taken: readonly string[]): string | undefined {
  const base = (service.metadata.name ?? "").toUpperCase().replaceAll(/[^A-Z0-9]/g, "_");
  const all = [service.spec.prefix, ...[...colours, ...moreColours].map((colour) => `${base}_${colour}`)];
  return all.find((as) => addonVarNames(service, as).every((name) => !taken.includes(name)));
}
