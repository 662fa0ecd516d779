/** Terms of affinity between pods, made ready: namespaces, selector and topology key, with the owner's labels put in. */

import type { LabelSelector } from "../../../model/label-selector.ts";
import { matches, selectorFromLabelSelector, type Labels, type Selector } from "../../../model/labels.ts";
import type { LabelSelectorObject, PodAffinityObject, PodAffinityTermObject, PodObject } from "../objects.ts";

export interface PodTerm {
  readonly topologyKey: string;
  /** Of the pods that it is about; those that `namespaceSelector` picks come on top. */
  readonly namespaces: readonly string[];
  readonly namespaceSelector: Selector | undefined;
  readonly selector: Selector;
  /** Equal for terms about the same pods. */
  readonly about: string;
}

export interface Owner {
  readonly namespace: string;
  readonly labels: Labels;
}

export function ownerOf({ metadata: { namespace = "", labels } }: PodObject): Owner {
  return { namespace, labels };
}

/** Of an operator that nobody knows nothing is selected. */
export function selectorOf(selector: LabelSelectorObject | undefined): Selector {
  return selectorFromLabelSelector(selector as LabelSelector | undefined);
}

export function readTerm(term: PodAffinityTermObject, { namespace, labels }: Owner): PodTerm {
  const { topologyKey, namespaces = [], matchLabelKeys, mismatchLabelKeys, labelSelector } = term;
  const own = namespaces.length === 0 && term.namespaceSelector === undefined;
  const read: Omit<PodTerm, "about"> = {
    topologyKey,
    namespaces: own ? [namespace] : namespaces.toSorted(),
    namespaceSelector: term.namespaceSelector === undefined ? undefined : selectorOf(term.namespaceSelector),
    selector: [
      ...selectorOf(labelSelector),
      ...ownValues(labelSelector, matchLabelKeys, "In", labels),
      ...ownValues(labelSelector, mismatchLabelKeys, "NotIn", labels),
    ],
  };
  return { ...read, about: JSON.stringify([read.namespaces, read.namespaceSelector, read.selector]) };
}

/** The values that the owner itself has under these keys are demanded, or forbidden, too. */
export function ownValues(
  selector: LabelSelectorObject | undefined,
  keys: readonly string[] | undefined,
  operator: "In" | "NotIn",
  labels: Labels,
): Selector {
  if (selector === undefined || keys === undefined) return [];
  return keys.flatMap((key) => {
    const value = labels?.[key];
    return value === undefined ? [] : [{ key, operator, values: [value] }];
  });
}

/** Whether the term is about such a pod. */
export function isAbout(
  { namespaces, namespaceSelector, selector }: PodTerm,
  { namespace, labels }: Owner,
  labelsOfNamespace: (name: string) => Labels,
): boolean {
  const isThere =
    namespaces.includes(namespace) ||
    (namespaceSelector !== undefined && matches(namespaceSelector, labelsOfNamespace(namespace)));
  return isThere && matches(selector, labels);
}

const required = "requiredDuringSchedulingIgnoredDuringExecution";
const preferred = "preferredDuringSchedulingIgnoredDuringExecution";

export interface WeightedTerm {
  readonly term: PodTerm;
  /** Below zero it pushes apart. */
  readonly weight: number;
}

export interface PodTerms {
  readonly affinity: readonly PodTerm[];
  readonly antiAffinity: readonly PodTerm[];
  readonly wishes: readonly WeightedTerm[];
}

const noTerms: PodTerms = { affinity: [], antiAffinity: [], wishes: [] };

export function termsOf(pod: PodObject): PodTerms {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  if (podAffinity === undefined && podAntiAffinity === undefined) return noTerms;
  const owner = ownerOf(pod);
  const demands = (from: PodAffinityObject | undefined) =>
    (from?.[required] ?? []).map((term) => readTerm(term, owner));
  const wishes = (from: PodAffinityObject | undefined, sign: 1 | -1) =>
    (from?.[preferred] ?? []).map(({ weight, podAffinityTerm }) => ({
      term: readTerm(podAffinityTerm, owner),
      weight: sign * weight,
    }));
  return {
    affinity: demands(podAffinity),
    antiAffinity: demands(podAntiAffinity),
    wishes: [...wishes(podAffinity, 1), ...wishes(podAntiAffinity, -1)],
  };
}
