/** How an app's objects are known to all who deal with them. */

/** On everything that belongs to an app, its builds included: the app's name. */
export const appLabel = "nagi.dev/app";
/** On what runs of a release: its version, for instance v7. */
export const releaseLabel = "nagi.dev/release";
/** On what runs of an app: its process type. */
export const processLabel = "nagi.dev/process";
/** On what is made of an app's cron job: its name. */
export const cronLabel = "nagi.dev/cron";
/** The process type that gets requests. */
export const webProcess = "web";

/** Of the secret with the app's config vars. */
export function configName(app: string): string {
  return `${app}-config`;
}
