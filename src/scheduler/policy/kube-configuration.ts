/**
 * KubeSchedulerConfiguration of today's Kubernetes: profiles that turn plugins on and off, at all of their extension
 * points at once (`multiPoint`) or at single ones, with weights and arguments.
 */

import { duplicate, invalid, notSupported, type FieldError } from "../../model/field-error.ts";
import type { JsonObject } from "../../model/json.ts";
import { defaultSchedulerName } from "../profiles.ts";
import { checkDocument } from "./check-document.ts";
import { ConfigError } from "./config-error.ts";
import { checkBinders, extenderOf, ignoredByScheduler } from "./extenders.ts";
import { expandProfile } from "./expand-profile.ts";
import { apiVersion, kubeConfiguration, type ProfileDocument } from "./kube-schema.ts";
import type { PluginFactory } from "./plugin-factory.ts";
import type { SchedulerConfig } from "./scheduler-config.ts";

const kind = "KubeSchedulerConfiguration";

export interface ReadOptions {
  readonly plugins: readonly PluginFactory[];
  readonly schedulerName: string | undefined;
}

export function readKubeConfiguration(document: JsonObject, options: ReadOptions): SchedulerConfig {
  const problems: FieldError[] = [];
  const given = checkDocument(kubeConfiguration, document, "", problems);
  if (problems.length > 0) throw new ConfigError(kind, problems);
  if (given.apiVersion !== apiVersion) {
    problems.push(notSupported("apiVersion", given.apiVersion, [apiVersion]));
  }
  const warnings = warningsOf(given);
  const extenders = given.extenders ?? [];
  const ignored = ignoredByScheduler(extenders);
  const documents = namedProfiles(given.profiles ?? [{}], options.schedulerName, problems);
  const profiles = documents.flatMap((profile, index) => {
    const path = `profiles[${index}]`;
    return expandProfile(profile, { path, factories: options.plugins, ignored, problems, warnings }) ?? [];
  });
  const extenderConfigs = extenders.map((each, index) => extenderOf(each, `extenders[${index}]`, problems));
  checkBinders(extenders, problems);
  const { podInitialBackoffSeconds: initial, podMaxBackoffSeconds: longest } = given;
  checkBackoff(initial, longest, problems);
  if (problems.length > 0) throw new ConfigError(kind, problems);
  return {
    kind,
    profiles,
    extenders: extenderConfigs,
    backoffInitialMs: initial === undefined ? undefined : initial * 1000,
    backoffMaxMs: longest === undefined ? undefined : longest * 1000,
    warnings,
  };
}

function namedProfiles(
  given: readonly ProfileDocument[],
  schedulerName: string | undefined,
  problems: FieldError[],
): (ProfileDocument & { schedulerName: string })[] {
  const seen = new Set<string>();
  return given.map((profile, index) => {
    const path = `profiles[${index}].schedulerName`;
    const name = profile.schedulerName ?? schedulerName ?? defaultSchedulerName;
    if (name === "") problems.push(invalid(path, name, "must not be empty"));
    if (seen.has(name)) problems.push(duplicate(path, name));
    seen.add(name);
    return { ...profile, schedulerName: name };
  });
}

function checkBackoff(
  initial: number | undefined,
  longest: number | undefined,
  problems: FieldError[],
): void {
  if (initial === 0) problems.push(invalid("podInitialBackoffSeconds", initial, "must be greater than 0"));
  if (longest === undefined) return;
  const least = initial ?? 0;
  if (longest === 0 || longest < least) {
    const detail = "must be greater than 0 and not less than podInitialBackoffSeconds";
    problems.push(invalid("podMaxBackoffSeconds", longest, detail));
  }
}

function warningsOf(given: JsonObject): string[] {
  const withoutEffect: Readonly<Record<string, string>> = {
    percentageOfNodesToScore: "all nodes are looked at",
    parallelism: "one core decides",
    delayCacheUntilActive: "what is known is kept while waiting to lead",
    leaderElection: "it is set by flags",
    clientConnection: "it is set by flags",
    healthzBindAddress: "it is set by flags",
    metricsBindAddress: "it is set by flags",
    enableProfiling: "there is none",
    enableContentionProfiling: "there is none",
  };
  return Object.entries(withoutEffect).flatMap(([field, why]) =>
    given[field] === undefined ? [] : [`${field} has no effect: ${why}`],
  );
}
