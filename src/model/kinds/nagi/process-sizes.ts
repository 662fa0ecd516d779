/** The size of a process type in a user's words: `512Mi/500m`, `1Gi`, or one of Heroku's names. */

import { checkQuantity, compareQuantities } from "../../quantity.ts";
import type { ResourceRequirements } from "../core/resources.ts";

/** Heroku's sizes, in memory. */
const namedSizes: Readonly<Record<string, string>> = {
  eco: "512Mi",
  free: "512Mi",
  hobby: "512Mi",
  basic: "512Mi",
  "standard-1x": "512Mi",
  "standard-2x": "1Gi",
  "performance-m": "2560Mi",
  "performance-l": "14Gi",
};
/** What is kept for an instance of a named size, however much it may use: so that a small machine runs what fits. */
const requestedMemory = "64Mi";

function namedSize(name: string): ResourceRequirements | undefined {
  const memory = namedSizes[name.toLowerCase()];
  return memory === undefined ? undefined : { limits: { memory }, requests: { memory: requestedMemory } };
}

const sizeNames = Object.keys(namedSizes);

export interface SizeParts {
  readonly memory?: string | undefined;
  readonly cpu?: string | undefined;
  readonly cpuLimit?: string | undefined;
  readonly memoryRequest?: string | undefined;
}

export type SizeResult = { readonly resources: ResourceRequirements } | { readonly problem: string };

/** Memory is kept and is the most, so that what fits keeps fitting; cpu is kept, and more is used where it is free. */
export function sizeOf({ memory, cpu, cpuLimit, memoryRequest }: SizeParts): SizeResult {
  for (const [what, amount, example] of [
    ["memory", memory, "512Mi or 1Gi"],
    ["memory request", memoryRequest, "256Mi"],
    ["cpu", cpu, "500m or 1"],
    ["cpu limit", cpuLimit, "1500m or 2"],
  ] as const) {
    if (amount === undefined) continue;
    if (checkQuantity(amount) !== undefined || compareQuantities(amount, "0") <= 0)
      return { problem: `${what} is ${JSON.stringify(amount)}: must be an amount such as ${example}` };
    if (what.startsWith("memory") && compareQuantities(amount, leastMemory) < 0)
      return { problem: `${what} is ${amount}: must be ${leastMemory} or more, for instance ${example}` };
    if (what.startsWith("cpu") && compareQuantities(amount, mostCpu) > 0)
      return { problem: `${what} is ${amount} processors: for thousandths of one, write ${amount}m` };
  }
  if (memory !== undefined && memoryRequest !== undefined && compareQuantities(memoryRequest, memory) > 0)
    return { problem: `memory request is ${memoryRequest}: must not be more than the memory, ${memory}` };
  if (cpu !== undefined && cpuLimit !== undefined && compareQuantities(cpu, cpuLimit) > 0)
    return { problem: `cpu is ${cpu}: must not be more than the cpu limit, ${cpuLimit}` };
  const limits = given({ memory, cpu: cpuLimit });
  const requests = given({ memory: memoryRequest ?? memory, cpu: cpu ?? cpuLimit });
  return { resources: { ...limits.of("limits"), ...requests.of("requests") } };
}

/** Nothing starts with less: a size such as 512 is meant to be 512Mi. */
const leastMemory = "4Mi";
/** More than any machine has: a size such as 500 is meant to be 500m. */
const mostCpu = "256";

function given(amounts: Readonly<Record<string, string | undefined>>) {
  const entries = Object.entries(amounts).flatMap(([name, amount]) =>
    amount === undefined ? [] : [[name, amount] as const],
  );
  return {
    of: (field: "limits" | "requests"): ResourceRequirements =>
      entries.length === 0 ? {} : { [field]: Object.fromEntries(entries) },
  };
}

/** `512Mi`, `512Mi/500m`, `/500m` or a name. */
export function parseSize(text: string): SizeResult {
  const named = namedSize(text);
  if (named !== undefined) return { resources: named };
  const [memory = "", cpu, ...more] = text.split("/");
  const isSize = more.length === 0 && (memory === "" ? cpu !== undefined && cpu !== "" : /^\d/.test(memory));
  if (!isSize)
    return {
      problem: `size is ${JSON.stringify(text)}: must be MEMORY, MEMORY/CPU, /CPU or one of ${sizeNames.join(", ")}`,
    };
  return sizeOf({ memory: memory === "" ? undefined : memory, cpu });
}

/** `512Mi, cpu 500m`; empty when there is no size. */
export function sizeText({ limits = {}, requests = {} }: ResourceRequirements = {}): string {
  const { memory = requests["memory"], cpu: mostText } = limits;
  const { memory: kept = memory, cpu = mostText } = requests;
  const parts = [
    ...(memory === undefined ? [] : [kept === memory ? memory : `${memory}, of which ${kept} kept`]),
    ...(cpu === undefined ? [] : [`cpu ${cpu}`]),
    ...(mostText === undefined || mostText === cpu ? [] : [`cpu at most ${mostText}`]),
  ];
  return parts.join(", ");
}
