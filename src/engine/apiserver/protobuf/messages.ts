/**
 * The fields of messages, by their number on the wire. Written as `NUMBER NAME:TYPE`; NAME? may be zero or empty
 * and still mean something (other fields say "not given" with that); TYPE[] repeats, TYPE{} is a map from text,
 * `NUMBER .MESSAGE` holds fields that in JSON are the object's own, and type `skip` is a field that Nagi does not
 * have.
 */

import { coreMessages } from "./core-messages.ts";
import { otherMessages } from "./other-messages.ts";
import { storageMessages } from "./storage-messages.ts";

export interface WireField {
  /** "" for a message whose fields are the object's own. */
  readonly name: string;
  /** A basic type, or the name of a message. */
  readonly type: string;
  readonly shape: "one" | "list" | "map";
  readonly keepsZero: boolean;
}

export type WireMessage = ReadonlyMap<number, WireField>;

const parsed = new Map<string, WireMessage>();

/** Undefined when the message is not known. */
export function wireMessage(name: string): WireMessage | undefined {
  const known = parsed.get(name);
  if (known !== undefined) return known;
  const table = [coreMessages, otherMessages, storageMessages].find((each) => Object.hasOwn(each, name));
  const text = table?.[name];
  if (text === undefined) return undefined;
  const message = new Map(text.split(", ").map(parseField));
  parsed.set(name, message);
  return message;
}

/** The message of an object that names itself so; for kinds that all groups share, such as DeleteOptions, too. */
export function messageNameOf(apiVersion: string, kind: string): string | undefined {
  const [first = "", version = ""] = apiVersion.includes("/") ? apiVersion.split("/") : ["core", apiVersion];
  const names = [`${first.split(".")[0]}.${version}.${kind}`, `meta.v1.${kind}`];
  return names.find((name) => wireMessage(name) !== undefined);
}

function parseField(text: string): [number, WireField] {
  const [number = "", rest = ""] = text.split(" ");
  if (rest.startsWith(".")) {
    return [Number(number), { name: "", type: rest.slice(1), shape: "one", keepsZero: false }];
  }
  const [name = "", type = ""] = rest.split(":");
  const bare = type.endsWith("[]") || type.endsWith("{}") ? type.slice(0, -2) : type;
  const shape = type.endsWith("[]") ? "list" : type.endsWith("{}") ? "map" : "one";
  return [Number(number), { name: name.replace("?", ""), type: bare, shape, keepsZero: name.endsWith("?") }];
}
