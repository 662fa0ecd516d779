/**
 * Quantities as the numbers that columns hold: thousandths of a cpu, bytes, or counts. They are exact up to
 * MAX_AMOUNT; a larger one is a fault of the object that carries it and is never rounded into a small one.
 */

import { byteValue, milliValue } from "../../model/quantity.ts";

/** The largest amount that one pod may ask for: 1 Pi. */
export const MAX_AMOUNT = 2 ** 50;
/** The largest sum that is exact. */
export const MAX_SUM = Number.MAX_SAFE_INTEGER;
const MAX_CACHED_QUANTITIES = 4096;

export class AmountError extends Error {
  override readonly name = "AmountError";
}

const cached = { milli: new Map<string, number>(), whole: new Map<string, number>() };

/** The amount of a resource in its unit: cpu in thousandths, everything else in whole units. */
export function amountOf(resource: string, quantity: string): number {
  const unit = resource === "cpu" ? "milli" : "whole";
  const known = cached[unit].get(quantity);
  if (known !== undefined) return known;
  const amount = readAmount(resource, quantity);
  if (cached[unit].size >= MAX_CACHED_QUANTITIES) cached[unit].clear();
  cached[unit].set(quantity, amount);
  return amount;
}

function readAmount(resource: string, quantity: string): number {
  let amount: number;
  try {
    amount = resource === "cpu" ? milliValue(quantity) : byteValue(quantity);
  } catch (error) {
    throw new AmountError(`${shown(quantity)} of ${resource} is not a quantity`, { cause: error });
  }
  if (!(amount >= 0)) throw new AmountError(`${shown(quantity)} of ${resource} is less than nothing`);
  return amount;
}

function shown(quantity: string): string {
  return JSON.stringify(quantity.length > 40 ? `${quantity.slice(0, 40)}…` : quantity);
}
