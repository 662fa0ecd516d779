/** Rules of requests and limits of the whole pod. */

import { invalid, notSupported, type FieldError } from "../../../field-error.ts";
import { checkQuantity, formatQuantity, parseQuantity } from "../../../quantity.ts";
import type { ResourceList } from "../resources.ts";
import { resourceErrors } from "../validate-resources.ts";
import type { Container } from "./container.ts";
import type { PodSpec } from "./pod-spec.ts";

const allowed = ["cpu", "memory"];

export function podResourcesErrors(spec: PodSpec, path: string): FieldError[] {
  const { resources } = spec;
  if (resources === undefined) return [];
  const { requests = {}, limits = {} } = resources;
  const names = [...namesErrors(requests, `${path}.requests`), ...namesErrors(limits, `${path}.limits`)];
  const errors = names.length > 0 ? names : resourceErrors(resources, path);
  if (errors.length > 0) return errors;
  return [
    ...Object.entries(requests).flatMap(([name, amount]) => belowSum(spec, name, amount, path)),
    ...Object.entries(limits).flatMap(([name, amount]) => belowOne(spec, name, amount, path)),
  ];
}

function namesErrors(list: ResourceList, path: string): FieldError[] {
  return Object.keys(list)
    .filter((name) => !allowed.includes(name) && !name.startsWith("hugepages-"))
    .map((name) => notSupported(`${path}[${name}]`, name, [...allowed, "hugepages-*"]));
}

/** What runs at the same time, together; an init container runs beside the sidecars before it. */
function aggregateRequest({ containers, initContainers = [] }: PodSpec, name: string): bigint {
  const requested = ({ resources }: Container): bigint => {
    const amount = resources?.requests?.[name];
    return amount === undefined || checkQuantity(amount) !== undefined ? 0n : parseQuantity(amount).nanos;
  };
  let running = 0n;
  let most = 0n;
  for (const container of initContainers) {
    const here = requested(container);
    const together = running + here;
    if (together > most) most = together;
    if (container.restartPolicy === "Always") running += here;
  }
  for (const container of containers) running += requested(container);
  return running > most ? running : most;
}

function belowSum(spec: PodSpec, name: string, amount: string, path: string): FieldError[] {
  const together = aggregateRequest(spec, name);
  const { nanos, format } = parseQuantity(amount);
  if (nanos >= together) return [];
  const sum = formatQuantity({ nanos: together, format });
  return [
    invalid(
      `${path}.requests[${name}]`,
      amount,
      `must be greater than or equal to aggregate container requests of ${sum}`,
    ),
  ];
}

function belowOne(
  { containers, initContainers = [] }: PodSpec,
  name: string,
  amount: string,
  path: string,
): FieldError[] {
  return [...initContainers, ...containers].flatMap(({ resources }) => {
    const limit = resources?.limits?.[name];
    if (limit === undefined || checkQuantity(limit) !== undefined) return [];
    if (parseQuantity(limit).nanos <= parseQuantity(amount).nanos) return [];
    return [
      invalid(`${path}.limits[${name}]`, limit, `must be less than or equal to pod limits of ${amount}`),
    ];
  });
}
