/** Parts of webhook requests that forges share: headers, signatures, bodies. */

import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { PayloadProblem, type Headers, type HookRequest } from "./event.ts";

const idMaxLength = 200;

export function header(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : value?.[0];
}

/** The first of the headers that is there, as a name for a delivery. */
export function deliveryId(headers: Headers, ...names: readonly string[]): string | undefined {
  const found = names
    .map((name) => header(headers, name))
    .find((value) => value !== undefined && value !== "");
  return found?.slice(0, idMaxLength);
}

/** In the same time whatever is given. */
export function isSameText(given: string | undefined, expected: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given ?? ""), digest(expected)) && given !== undefined && expected !== "";
}

export function signatureOf(body: Uint8Array, secret: string): string {
  return createHmac("sha256", secret).update(body).digest("hex");
}

/** Whether a header holds the body's signature: `sha256=HEX`, or HEX alone. */
export function isSigned({ headers, body }: HookRequest, names: readonly string[], secret: string): boolean {
  const given = names.map((name) => header(headers, name)).find((value) => value !== undefined);
  return isSameText(given?.replace(/^sha256=/, "").toLowerCase(), signatureOf(body, secret)) && secret !== "";
}

/** The JSON of the body, which a form may hold in its field `payload`. */
export function jsonOf({ headers, body }: HookRequest): Payload {
  const text = Buffer.from(body).toString("utf8");
  const isForm = header(headers, "content-type")?.startsWith("application/x-www-form-urlencoded") === true;
  // curl says that it sends a form, whatever it sends.
  const json = (isForm ? new URLSearchParams(text).get("payload") : undefined) ?? text;
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    throw new PayloadProblem("the body is no JSON");
  }
  if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return new Payload(parsed);
  throw new PayloadProblem("the body is no JSON object");
}

/** Looks at JSON of others, of which nothing is sure. */
export class Payload {
  readonly #value: object;

  constructor(value: object) {
    this.#value = value;
  }

  #field(path: string): unknown {
    let value: unknown = this.#value;
    for (const name of path.split("."))
      value =
        typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
    return value;
  }

  /** Undefined for what is no text or empty. */
  text(path: string): string | undefined {
    const value = this.#field(path);
    return typeof value === "string" && value !== "" ? value : undefined;
  }

  number(path: string): number | undefined {
    const value = this.#field(path);
    return typeof value === "number" ? value : undefined;
  }

  is(path: string): boolean {
    return this.#field(path) === true;
  }

  objects(path: string): Payload[] {
    const value = this.#field(path);
    if (!Array.isArray(value)) return [];
    return value
      .filter((each) => typeof each === "object" && each !== null)
      .map((each: object) => new Payload(each));
  }

  texts(path: string): string[] {
    const value = this.#field(path);
    return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
  }
}

const filesMax = 300;

/** Of all commits; undefined when they are too many to be kept. */
export function filesOf(commits: readonly Payload[]): readonly string[] | undefined {
  const files = new Set<string>();
  for (const commit of commits)
    for (const field of ["added", "modified", "removed"])
      for (const file of commit.texts(field)) files.add(file);
  return files.size > filesMax ? undefined : [...files].toSorted();
}

const nothing = /^0+$/;

/** A hash; undefined for the zeros that stand for "there is none". */
export function hashIn(text: string | undefined): string | undefined {
  return text === undefined || nothing.test(text) || !/^[0-9a-f]{40,64}$/.test(text) ? undefined : text;
}
