/** Rules of requests and limits. */

import { invalid, invalidIf, required, type FieldError } from "../../field-error.ts";
import { checkLabelKey } from "../../labels.ts";
import { checkQuantity, compareQuantities, parseQuantity } from "../../quantity.ts";
import type { ResourceList, ResourceRequirements } from "./resources.ts";

const standard = ["cpu", "memory", "ephemeral-storage"];

function isHugePages(name: string): boolean {
  return name.startsWith("hugepages-");
}

/** Of these there are only whole ones, and nobody gets more than was promised. */
function isExtended(name: string): boolean {
  return name.includes("/") && !name.includes("kubernetes.io/");
}

function isWhole(text: string): boolean {
  return parseQuantity(text).nanos % 1_000_000_000n === 0n;
}

/** What a node offers: what containers may ask for, and room for a number of pods. */
export function nodeResourceErrors(list: ResourceList | undefined, path: string): FieldError[] {
  const { pods, ...others } = list ?? {};
  const errors = resourceListErrors(others, path);
  if (pods !== undefined && checkQuantity(pods) === undefined && !isWhole(pods)) {
    errors.push(invalid(`${path}[pods]`, pods, "must be an integer"));
  }
  return errors;
}

export function resourceListErrors(list: ResourceList | undefined, path: string): FieldError[] {
  return Object.entries(list ?? {}).flatMap(([name, amount]) => {
    const at = `${path}[${name}]`;
    // The schema reports what is no quantity.
    if (checkQuantity(amount) !== undefined) return [];
    const errors = nameErrors(name, at);
    if (compareQuantities(amount, "0") < 0)
      errors.push(invalid(at, amount, "must be greater than or equal to 0"));
    if (isExtended(name) && !isWhole(amount)) errors.push(invalid(at, amount, "must be an integer"));
    return errors;
  });
}

function nameErrors(name: string, path: string): FieldError[] {
  const errors = invalidIf(checkLabelKey(name), path, name);
  if (errors.length > 0 || name.includes("/") || standard.includes(name) || isHugePages(name)) return errors;
  return [invalid(path, name, "must be a standard resource type or fully qualified")];
}

export function resourceErrors(resources: ResourceRequirements | undefined, path: string): FieldError[] {
  if (resources === undefined) return [];
  const { requests = {}, limits = {} } = resources;
  const errors = [
    ...resourceListErrors(limits, `${path}.limits`),
    ...resourceListErrors(requests, `${path}.requests`),
  ];
  if (errors.length > 0) return errors;
  for (const [name, request] of Object.entries(requests)) {
    const limit = limits[name];
    const isExact = isExtended(name) || isHugePages(name);
    if (limit === undefined) {
      if (isExact)
        errors.push(required(`${path}.limits`, "Limit must be set for non overcommitable resources"));
    } else if (checkQuantity(request) === undefined && checkQuantity(limit) === undefined) {
      errors.push(...againstLimit({ name, request, limit, isExact }, `${path}.requests`));
    }
  }
  return errors;
}

interface Pair {
  readonly name: string;
  readonly request: string;
  readonly limit: string;
  readonly isExact: boolean;
}

function againstLimit({ name, request, limit, isExact }: Pair, path: string): FieldError[] {
  const difference = compareQuantities(request, limit);
  if (isExact && difference !== 0)
    return [invalid(path, request, `must be equal to ${name} limit of ${limit}`)];
  return difference > 0
    ? [invalid(path, request, `must be less than or equal to ${name} limit of ${limit}`)]
    : [];
}
