/** Labels and taints of nodes as they are typed, and what becomes of those that a node has. */

import type { Taint } from "../../model/kinds/core/node/node.ts";
import { UsageError } from "../command.ts";

const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"] as const;

/** `KEY=VALUE`; the value may be empty. */
export function parseLabels(words: readonly string[]): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  for (const word of words) {
    const at = word.indexOf("=");
    if (at < 1)
      throw new UsageError(
        `${JSON.stringify(word)} is no label`,
        "Write KEY=VALUE, for instance disk=ssd. To take one off: nagi nodes unlabel NODE KEY",
      );
    labels[word.slice(0, at)] = word.slice(at + 1);
  }
  return labels;
}

/** `KEY=VALUE:EFFECT` or `KEY:EFFECT`. */
export function parseTaint(word: string): Taint {
  const [, key = "", value, effect = ""] = /^([^=:]+)(?:=([^:]*))?(?::(.*))?$/.exec(word) ?? [];
  const known = effects.find((each) => each === effect);
  if (key === "")
    throw new UsageError(
      `${JSON.stringify(word)} is no taint`,
      `Write KEY=VALUE:EFFECT or KEY:EFFECT; the effects: ${effects.join(", ")}`,
    );
  if (known === undefined)
    throw new UsageError(
      effect === ""
        ? `the taint ${JSON.stringify(word)} has no effect`
        : `the taint ${JSON.stringify(word)} has the effect ${JSON.stringify(effect)}`,
      `Write ${key}${value === undefined ? "" : `=${value}`}:EFFECT; the effects: ${effects.join(", ")}`,
    );
  return value === undefined ? { key, effect: known } : { key, value, effect: known };
}

/** A taint replaces the one with its key and effect. */
export function withTaints(present: readonly Taint[], added: readonly Taint[]): Taint[] {
  const isReplaced = ({ key, effect }: Taint): boolean =>
    added.some((taint) => taint.key === key && taint.effect === effect);
  return [...present.filter((taint) => !isReplaced(taint)), ...added];
}

/** `words` are keys, or `KEY:EFFECT` for the one with this effect. Fails when there is none such. */
export function withoutTaints(present: readonly Taint[], words: readonly string[]): Taint[] {
  let left = [...present];
  for (const word of words) {
    const isMeant = ({ key, effect }: Taint): boolean => word === key || word === `${key}:${effect}`;
    if (!left.some(isMeant)) {
      const there = left.map(taintText).join(", ");
      throw new UsageError(
        `the node has no taint ${JSON.stringify(word)}`,
        there === "" ? "It has none." : `It has: ${there}`,
      );
    }
    left = left.filter((taint) => !isMeant(taint));
  }
  return left;
}

export function taintText({ key, value, effect }: Taint): string {
  return `${key}${value === undefined || value === "" ? "" : `=${value}`}:${effect}`;
}
