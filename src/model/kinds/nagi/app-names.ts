/** Names of apps, process types and images, which become parts of other names. */

import { checkDnsLabel, checkDnsServiceName } from "../../names.ts";

/** Leaves room in 63 characters for what names of an app's objects add. */
export const appNameMax = 40;
export const processTypeMax = 20;

/** An app's name is its service's name and the first part of its host. */
export function checkAppName(name: string): string | undefined {
  if (name.length > appNameMax) return `must be no more than ${appNameMax} characters`;
  return checkDnsServiceName(name);
}

export function checkProcessType(name: string): string | undefined {
  if (name.length > processTypeMax) return `must be no more than ${processTypeMax} characters`;
  return checkDnsLabel(name);
}

const image = /^[a-zA-Z0-9][-a-zA-Z0-9._:/@]*$/;

/** Only what no registry could serve is refused here; the rest shows when the image is pulled. */
export function checkImage(reference: string): string | undefined {
  if (reference.length > 512) return "must be no more than 512 characters";
  return image.test(reference)
    ? undefined
    : "must be an image reference, such as registry.example.com/team/app:v1";
}
