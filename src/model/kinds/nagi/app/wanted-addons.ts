/** The add-ons that an app's app.json asks for: its first release waits until they are there. */

import type { App } from "./app.ts";

/** On an App: the wishes for add-ons that were seen to, as `wantedAddonsText` has them. */
export const addonsMadeAnnotation = "nagi.dev/addons-made";

export function wantedAddonsText({ spec }: App): string {
  return JSON.stringify((spec?.addons ?? []).map(({ plan, as }) => [plan, as ?? ""]));
}

export function isWaitingForAddons(app: App): boolean {
  if ((app.spec?.addons ?? []).length === 0 || app.status?.currentRelease !== undefined) return false;
  return app.metadata.annotations?.[addonsMadeAnnotation] !== wantedAddonsText(app);
}
