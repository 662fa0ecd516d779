/** Reading fields of app.json: each has the type that it should, or a Problem says which and what is there. */

import { isJsonObject } from "../../model/json.ts";

/** Its message names the field, what is there and what is allowed. */
export class Problem extends Error {}

export function objectAt(
  given: unknown,
  path: string,
  allowed = "an object",
): Readonly<Record<string, unknown>> {
  if (isJsonObject(given)) return given;
  throw new Problem(`${path === "" ? "" : `${path} `}is ${shown(given)}: must be ${allowed}`);
}

export function listAt(given: unknown, path: string): readonly unknown[] {
  if (given === undefined) return [];
  if (Array.isArray(given)) return given;
  throw new Problem(`${path} is ${shown(given)}: must be a list`);
}

export function mapAt<T>(
  given: unknown,
  path: string,
  read: (value: unknown, path: string, name: string) => T,
): Record<string, T> {
  const entries = Object.entries(given === undefined ? {} : objectAt(given, path));
  return Object.fromEntries(entries.map(([name, value]) => [name, read(value, `${path}.${name}`, name)]));
}

interface Types {
  readonly string: string;
  readonly boolean: boolean;
  readonly number: number;
}

export function optional<T extends keyof Types>(given: unknown, path: string, type: T): Types[T] | undefined {
  if (given === undefined || typeof given === type) return given as Types[T] | undefined;
  throw new Problem(`${path} is ${shown(given)}: must be a ${type}`);
}

export function needed(given: unknown, path: string): string {
  if (typeof given === "string" && given.trim() !== "") return given;
  throw new Problem(
    given === undefined ? `${path} is missing` : `${path} is ${shown(given)}: must be a string`,
  );
}

export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** A whole number from `min` on. */
export function whole(given: unknown, path: string, min: number): number | undefined {
  const count = optional(given, path, "number");
  if (count === undefined || (Number.isInteger(count) && count >= min)) return count;
  throw new Problem(`${path} is ${count}: must be a whole number, ${min} or more`);
}
