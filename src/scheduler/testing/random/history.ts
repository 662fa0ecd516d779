/** A random sequence of things that happen to a cluster; all of it follows from the seed. */

import type { Node, Pod } from "../oracle/objects.ts";
import { Dice } from "./dice.ts";
import { randomNode } from "./random-node.ts";
import { randomTemplate, type PodTemplate } from "./random-pod.ts";
import { firstRelated, randomRelated, type RelatedChange } from "./random-related.ts";
import type { Topics } from "./topics.ts";
import { nodeNames } from "./words.ts";

export type Step =
  | { readonly type: "node"; readonly node: Node }
  | { readonly type: "no node"; readonly name: string }
  /** A pod is to be placed. */
  | { readonly type: "pod"; readonly pod: Pod }
  /** Somebody else has put a pod on a node, rules or not. */
  | { readonly type: "bound"; readonly pod: Pod; readonly nodeName: string }
  /** One of the pods that are placed, by number, goes. */
  | { readonly type: "no pod"; readonly index: number }
  /** One of them is going, and stays for a while. */
  | { readonly type: "pod goes"; readonly index: number }
  | { readonly type: "related"; readonly change: RelatedChange }
  | { readonly type: "not related"; readonly change: RelatedChange };

const TEMPLATES = 3;

export function randomHistory(seed: number, topics: Topics, length: number): Step[] {
  const dice = new Dice(seed);
  const steps: Step[] = firstRelated(dice, topics).map((change) => ({ type: "related", change }));
  for (const name of nodeNames.slice(0, dice.between(1, nodeNames.length))) {
    steps.push({ type: "node", node: randomNode(dice, topics, name) });
  }
  const templates = Array.from({ length: TEMPLATES }, () => randomTemplate(dice, topics));
  let pods = 0;
  const nextPod = (): Pod => podFrom(dice.pick(templates as [PodTemplate, ...PodTemplate[]]), ++pods, dice);
  for (let count = 0; count < length; count++) steps.push(randomStep(dice, topics, nextPod));
  return steps;
}

function randomStep(dice: Dice, topics: Topics, nextPod: () => Pod): Step {
  const number = dice.random.next();
  if (number < 0.55) return { type: "pod", pod: nextPod() };
  if (number < 0.67) return { type: "bound", pod: nextPod(), nodeName: dice.pick(nodeNames) };
  if (number < 0.77) return { type: "no pod", index: dice.between(0, 20) };
  if (number < 0.8) return { type: "pod goes", index: dice.between(0, 20) };
  if (number < 0.83) return { type: "no node", name: dice.pick(nodeNames) };
  const change = number < 0.92 ? randomRelated(dice, topics) : undefined;
  if (change === undefined) return { type: "node", node: randomNode(dice, topics, dice.pick(nodeNames)) };
  return { type: dice.chance(0.8) ? "related" : "not related", change };
}

function podFrom(template: PodTemplate, number: number, dice: Dice): Pod {
  // No two start at the same time: which of two equals is more important, is not defined.
  const startTime = new Date(Date.UTC(2026, 0, 1, 0, dice.between(0, 9), number)).toISOString();
  const creationTimestamp = new Date(Date.UTC(2026, 0, 1, 0, dice.between(0, 9), number)).toISOString();
  const metadata = { ...template.metadata, name: `p${number}`, uid: `uid-${number}`, creationTimestamp };
  return { ...template, metadata, status: { phase: "Running", startTime } };
}
