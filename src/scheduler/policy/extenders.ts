/** Extenders of either kind of configuration, as data for the loop that asks them. */

import { invalid, required, type FieldError } from "../../model/field-error.ts";
import type { ExtenderDocument } from "./kube-schema.ts";
import type { ExtenderConfig } from "./scheduler-config.ts";

const DEFAULT_TIMEOUT_MS = 5000;
const MAX_TIMEOUT_MS = 600_000;

export function extenderOf(given: ExtenderDocument, path: string, problems: FieldError[]): ExtenderConfig {
  const { urlPrefix, weight = 1, httpTimeout, managedResources = [], tlsConfig } = given;
  if (!/^https?:\/\/[^/]/.test(urlPrefix)) {
    problems.push(
      invalid(`${path}.urlPrefix`, urlPrefix, "must be a URL that begins with http:// or https://"),
    );
  }
  if (given.enableHTTPS === true && urlPrefix.startsWith("http://")) {
    const detail = "must begin with https:// where HTTPS is enabled";
    problems.push(invalid(`${path}.urlPrefix`, urlPrefix, detail));
  }
  if (given.prioritizeVerb !== undefined && weight < 1) {
    problems.push(invalid(`${path}.weight`, weight, "must have a positive weight applied to it"));
  }
  return {
    urlPrefix,
    filterVerb: given.filterVerb,
    prioritizeVerb: given.prioritizeVerb,
    preemptVerb: given.preemptVerb,
    bindVerb: given.bindVerb,
    weight,
    tls: tlsConfig,
    timeoutMs: timeoutOf(httpTimeout, `${path}.httpTimeout`, problems),
    nodeCacheCapable: given.nodeCacheCapable ?? false,
    managedResources: managedResources.map(({ name }) => name),
    ignorable: given.ignorable ?? false,
  };
}

/** Resources that only the extenders count. */
export function ignoredByScheduler(extenders: readonly ExtenderDocument[]): readonly string[] {
  return extenders
    .flatMap(({ managedResources = [] }) => managedResources)
    .filter((resource) => resource.ignoredByScheduler === true)
    .map(({ name }) => name);
}

/** Only one of them can bind. */
export function checkBinders(extenders: readonly ExtenderDocument[], problems: FieldError[]): void {
  const binders = extenders.flatMap(({ bindVerb = "" }, index) => (bindVerb === "" ? [] : [index]));
  for (const index of binders.slice(1)) {
    const detail = "only one extender can implement bind";
    problems.push(invalid(`extenders[${index}].bindVerb`, extenders[index]?.bindVerb, detail));
  }
  for (const [index, { urlPrefix }] of extenders.entries()) {
    if (urlPrefix === "") problems.push(required(`extenders[${index}].urlPrefix`));
  }
}

const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** As Go writes durations, for instance 1m30s. */
function timeoutOf(text: string | undefined, path: string, problems: FieldError[]): number {
  if (text === undefined || text === "") return DEFAULT_TIMEOUT_MS;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)/g)];
  const whole = parts.map(([part]) => part).join("") === text;
  const sumMs = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ""] ?? 0), 0);
  if (whole && sumMs > 0 && sumMs <= MAX_TIMEOUT_MS) return sumMs;
  problems.push(invalid(path, text, "must be a duration such as 5s or 500ms, at most 10m"));
  return DEFAULT_TIMEOUT_MS;
}
