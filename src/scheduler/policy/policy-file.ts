/**
 * OpenShift v3's policy file as it was. A profile made from it has the file's own names for its rules and scores, so
 * that explanations speak of what the user wrote.
 */

import { duplicates, invalid, notSupported } from "../../model/field-error.ts";
import type { FieldError } from "../../model/field-error.ts";
import type { JsonObject } from "../../model/json.ts";
import type { Plugin } from "../framework/plugin.ts";
import { createProfile, type EnabledPlugin } from "../framework/profile.ts";
import { labelPreference } from "../plugins/labelpreference/labelpreference.ts";
import { labelsPresence } from "../plugins/labelspresence/labelspresence.ts";
import {
  MAX_PRIORITY,
  requestedToCapacityRatioPriority,
} from "../plugins/requestedpriority/requestedpriority.ts";
import { serviceAffinity } from "../plugins/serviceaffinity/serviceaffinity.ts";
import { serviceAntiAffinity } from "../plugins/serviceantiaffinity/serviceantiaffinity.ts";
import { defaultSchedulerName } from "../profiles.ts";
import { checkDocument } from "./check-document.ts";
import { ConfigError } from "./config-error.ts";
import { checkBinders, extenderOf, ignoredByScheduler } from "./extenders.ts";
import type { ReadOptions } from "./kube-configuration.ts";
import type { ExtenderDocument } from "./kube-schema.ts";
import { ratioOf } from "./plugin-args.ts";
import { makeWith, type PluginFactory } from "./plugin-factory.ts";
import { withPoints } from "./plugin-view.ts";
import {
  conditionPredicates,
  defaultPredicates,
  defaultPriorities,
  mandatoryPredicates,
  ownPriorities,
  predicates,
  priorityPlugins,
  tenthOf,
} from "./policy-rules.ts";
import {
  policyFile,
  type PolicyDocument,
  type PolicyExtenderDocument,
  type PredicateDocument,
  type PriorityDocument,
} from "./policy-schema.ts";
import type { SchedulerConfig } from "./scheduler-config.ts";

const kind = "Policy";

interface PolicyContext {
  readonly policy: PolicyDocument;
  readonly factories: ReadonlyMap<string, PluginFactory>;
  readonly ignored: readonly string[];
  readonly problems: FieldError[];
  readonly warnings: string[];
}

export function readPolicy(document: JsonObject, { plugins, schedulerName }: ReadOptions): SchedulerConfig {
  const problems: FieldError[] = [];
  const policy = checkDocument(policyFile, document, "", problems);
  if (problems.length > 0) throw new ConfigError(kind, problems);
  if (policy.apiVersion !== "v1") problems.push(notSupported("apiVersion", policy.apiVersion, ["v1"]));
  const extenders = (policy.extenders ?? []).map(asToday);
  const context: PolicyContext = {
    policy,
    factories: new Map(plugins.map((factory) => [factory.name, factory])),
    ignored: ignoredByScheduler(extenders),
    problems,
    warnings: [],
  };
  const rules = rulesOf(context);
  const scores = scoresOf(context);
  const extenderConfigs = extenders.map((each, index) => extenderOf(each, `extenders[${index}]`, problems));
  checkBinders(extenders, problems);
  if (problems.length > 0) throw new ConfigError(kind, problems);
  const helpers = plugins
    .filter(({ name }) => name === "DefaultPreemption")
    .map((each) => makeWith(each, {}));
  const enabled = [...[...rules, ...helpers].map((plugin) => ({ plugin, weight: 0 })), ...scores];
  return {
    kind,
    profiles: [createProfile(schedulerName ?? defaultSchedulerName, enabled)],
    extenders: extenderConfigs,
    warnings: context.warnings,
  };
}

function asToday({ enableHttps, httpTimeout, ...rest }: PolicyExtenderDocument): ExtenderDocument {
  const { apiVersion: _apiVersion, ...extender } = rest;
  return {
    ...extender,
    enableHTTPS: enableHttps,
    httpTimeout: httpTimeout === undefined || httpTimeout === 0 ? undefined : `${httpTimeout}ns`,
  };
}

/** The filters: those by name in their fixed order, then those with an argument in the order of the file. */
function rulesOf(context: PolicyContext): Plugin[] {
  const { policy, problems } = context;
  const listed = policy.predicates ?? defaultPredicates.map((name): PredicateDocument => ({ name }));
  problems.push(
    ...duplicates(
      listed.map(({ name }) => name),
      (index) => `predicates[${index}].name`,
    ),
  );
  const named = new Set(mandatoryPredicates);
  const custom: Plugin[] = [];
  for (const [index, predicate] of listed.entries()) {
    const path = `predicates[${index}]`;
    if (predicate.argument !== undefined) custom.push(...customRule(predicate, path, context));
    else if (isKnownRule(predicate.name, context)) named.add(predicate.name);
    else problems.push(notSupported(`${path}.name`, predicate.name, knownRules(context)));
  }
  return [...namedRules(named, context), ...custom];
}

function knownRules({ factories }: PolicyContext): string[] {
  return [...predicates]
    .filter(([, filters]) => filters.every((filter) => factories.has(filter)))
    .map(([name]) => name)
    .toSorted();
}

function isKnownRule(name: string, context: PolicyContext): boolean {
  const { warnings } = context;
  if (!conditionPredicates.includes(name)) return knownRules(context).includes(name);
  warnings.push(`predicate ${name} has no effect: nodes with such a condition are tainted`);
  return true;
}

/** Each filter once, by the first of its names that the file uses. */
function namedRules(named: ReadonlySet<string>, context: PolicyContext): Plugin[] {
  const rules = new Map<string, Plugin>();
  for (const [name, filters] of predicates) {
    if (!named.has(name)) continue;
    for (const filter of filters) {
      const factory = context.factories.get(filter);
      if (factory === undefined || rules.has(filter)) continue;
      const plugin = makeRule(factory, context);
      rules.set(filter, filters.length === 1 ? { ...plugin, name, policyName: undefined } : plugin);
    }
  }
  return [...rules.values()];
}

function makeRule(factory: PluginFactory, { ignored }: PolicyContext): Plugin {
  const args = factory.name === "NodeResourcesFit" ? { ignoredResources: [...ignored] } : {};
  return withPoints(
    makeWith(factory, args),
    new Set(["preFilter", "filter", "reserve", "permit", "preBind"]),
  );
}

function customRule(
  { name, argument = {} }: PredicateDocument,
  path: string,
  context: PolicyContext,
): Plugin[] {
  const given = Object.keys(argument);
  if (given.length !== 1) {
    const detail = `exactly 1 predicate argument is required, given: ${given.join(", ") || "none"}`;
    context.problems.push(invalid(`${path}.argument`, argument, detail));
    return [];
  }
  const { labelsPresence: presence, serviceAffinity: affinity } = argument;
  if (affinity !== undefined) return [serviceAffinity({ name, labels: affinity.labels })];
  if (presence === undefined) return [];
  return [labelsPresence({ name, labels: presence.labels, presence: presence.presence ?? false })];
}

function scoresOf(context: PolicyContext): EnabledPlugin[] {
  const { policy, problems } = context;
  const listed =
    policy.priorities ?? defaultPriorities.map((name): PriorityDocument => ({ name, weight: 1 }));
  problems.push(
    ...duplicates(
      listed.map(({ name }) => name),
      (index) => `priorities[${index}].name`,
    ),
  );
  return listed.flatMap((priority, index) => {
    const path = `priorities[${index}]`;
    const { name, weight = 0 } = priority;
    if (weight < 1) {
      problems.push(invalid(`${path}.weight`, weight, `priority ${name} should have a positive weight`));
    }
    const plugin =
      priority.argument === undefined
        ? namedScore(name, path, context)
        : customScore(priority, path, context);
    return plugin === undefined ? [] : [{ plugin, weight }];
  });
}

function namedScore(name: string, path: string, context: PolicyContext): Plugin | undefined {
  const { factories, policy, problems, warnings } = context;
  const own = ownPriorities.get(name);
  if (own !== undefined) return scoreOnly(own(), name);
  const factory = factories.get(priorityPlugins.get(name) ?? "");
  if (factory !== undefined) {
    const { hardPodAffinitySymmetricWeight = 1 } = policy;
    const args =
      factory.name === "InterPodAffinity" ? { hardPodAffinityWeight: hardPodAffinitySymmetricWeight } : {};
    return scoreOnly(tenthOf(makeWith(factory, args)), name);
  }
  if (name === "NodePreferAvoidPodsPriority") {
    warnings.push(`priority ${name} has no effect: that annotation of nodes is not looked at`);
    return undefined;
  }
  const known = [...ownPriorities.keys(), ...priorityPlugins.keys()].toSorted();
  problems.push(notSupported(`${path}.name`, name, known));
  return undefined;
}

function scoreOnly(plugin: Plugin, name: string): Plugin {
  return { ...withPoints(plugin, new Set(["preScore", "score"])), name, policyName: undefined };
}

function customScore(
  { name, argument = {} }: PriorityDocument,
  path: string,
  { problems }: PolicyContext,
): Plugin | undefined {
  const given = Object.keys(argument);
  if (given.length !== 1) {
    const detail = `exactly 1 priority argument is required, given: ${given.join(", ") || "none"}`;
    problems.push(invalid(`${path}.argument`, argument, detail));
    return undefined;
  }
  const { labelPreference: preference, requestedToCapacityRatioArguments: ratio } = argument;
  const { serviceAntiAffinity: antiAffinity } = argument;
  if (antiAffinity !== undefined) {
    return serviceAntiAffinity({ name, label: antiAffinity.label, maxScore: MAX_PRIORITY });
  }
  if (preference !== undefined) {
    const { label, presence = false } = preference;
    return labelPreference({ name, label, presence, maxScore: MAX_PRIORITY });
  }
  if (ratio !== undefined) return { ...(requestedToCapacityRatioPriority(ratioOf(ratio)) as Plugin), name };
  return undefined;
}
