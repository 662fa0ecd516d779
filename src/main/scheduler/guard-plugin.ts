/**
 * A plugin of others, watched: what it throws says whose it is, an answer that is none is an error, and one that has
 * used up its time is not asked further in this turn. All of these end in the condition of the pod that is decided
 * about, and the rest goes on. A call that never returns cannot be ended from here.
 */

import { messageOf } from "../../lib/errors.ts";
import { MAX_NODE_SCORE, type Plugin } from "../../scheduler/framework/plugin.ts";

/** All calls of a plugin together, from one turn of the event loop to the next. */
export const MAX_TURN_MS = 1000;
const MAX_DETAIL = 2 ** 24 - 1;

type Call = (...args: readonly unknown[]) => unknown;
type Check = (answer: unknown, plugin: Plugin) => string | undefined;

const answers: Readonly<Partial<Record<keyof Plugin, Check>>> = {
  filter: (answer) => wholeNumber(answer, MAX_DETAIL),
  score: (answer, plugin) =>
    plugin.normalize === undefined ? wholeNumber(answer, MAX_NODE_SCORE) : anyWhole(answer),
  normalize: (answer) => wholeNumber(answer, MAX_NODE_SCORE),
  shareKey: (answer) => (typeof answer === "string" ? undefined : "must be a text"),
};

function anyWhole(answer: unknown): string | undefined {
  return Number.isSafeInteger(answer) ? undefined : "must be a whole number";
}

function wholeNumber(answer: unknown, max: number): string | undefined {
  const isGood = Number.isSafeInteger(answer) && (answer as number) >= 0 && (answer as number) <= max;
  return isGood ? undefined : `must be a whole number from 0 to ${max}`;
}

export function guarded(plugin: Plugin, nowMs = (): number => performance.now()): Plugin {
  let spentMs = 0;
  let isCounting = false;
  const spend = (ms: number): void => {
    spentMs += ms;
    if (isCounting) return;
    isCounting = true;
    setImmediate(() => {
      spentMs = 0;
      isCounting = false;
    });
  };
  const guard = (part: string, call: Call, check: Check | undefined): Call => {
    const fail = (problem: string, cause?: unknown): Error =>
      new Error(`plugin ${plugin.name}: ${part} ${problem}`, { cause });
    return (...args) => {
      if (spentMs > MAX_TURN_MS) throw fail(`took longer than ${MAX_TURN_MS / 1000} s`);
      const startMs = nowMs();
      let answer: unknown;
      try {
        answer = call.apply(plugin, [...args]);
      } catch (error) {
        throw fail(`failed: ${messageOf(error)}`, error);
      } finally {
        spend(nowMs() - startMs);
      }
      const problem = check?.(answer, plugin);
      if (problem !== undefined) throw fail(`answered ${JSON.stringify(answer)}: ${problem}`);
      return answer;
    };
  };
  const entries = Object.entries(plugin).map(([part, value]): [string, unknown] => [
    part,
    typeof value === "function" ? guard(part, value as Call, answers[part as keyof Plugin]) : value,
  ]);
  return Object.fromEntries(entries) as unknown as Plugin;
}
