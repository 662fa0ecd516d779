/**
 * Objects in Kubernetes' protobuf form, as JSON data. kubectl from 1.32 on sends what it knows the type of in this
 * form and does not fall back, so it must be understood; answers are in JSON, which all clients take.
 */

import type { JsonValue } from "../../../model/schema.ts";
import { StatusError } from "../../../model/status.ts";
import { messageNameOf, wireMessage, type WireField } from "./messages.ts";
import { broken, readWire, type WireValue } from "./wire-reader.ts";

export const protobufMediaType = "application/vnd.kubernetes.protobuf";

const magic = Buffer.from("k8s\0");

type Fields = Record<string, JsonValue>;

/** The envelope says what the object is and holds it encoded. */
export function decodeProtobuf(bytes: Buffer): JsonValue {
  if (!bytes.subarray(0, magic.length).equals(magic)) throw broken();
  let type = { apiVersion: "", kind: "" };
  let raw: Buffer = Buffer.alloc(0);
  for (const { number, value } of readWire(bytes.subarray(magic.length))) {
    if (number === 1) type = readType(bytesOf(value));
    if (number === 2) raw = bytesOf(value);
  }
  const message = messageNameOf(type.apiVersion, type.kind);
  if (message === undefined) {
    const what = `${type.kind} of ${type.apiVersion}`;
    throw new StatusError(
      "UnsupportedMediaType",
      `${what} is not read in protobuf: send it as application/json`,
    );
  }
  return { ...type, ...decodeMessage(message, raw) };
}

function readType(bytes: Buffer) {
  const type = { apiVersion: "", kind: "" };
  for (const { number, value } of readWire(bytes)) {
    if (number === 1) type.apiVersion = bytesOf(value).toString();
    if (number === 2) type.kind = bytesOf(value).toString();
  }
  return type;
}

/** Messages do not contain themselves, so the depth is bounded by the tables. */
function decodeMessage(name: string, bytes: Buffer): Fields {
  const message = wireMessage(name);
  const result: Fields = {};
  for (const { number, value } of readWire(bytes)) {
    const field = message?.get(number);
    if (field === undefined) {
      // Reported as an unknown field by the validation that follows.
      result[`field ${number}`] = true;
    } else if (field.name === "") {
      Object.assign(result, decodeMessage(field.type, bytesOf(value)));
    } else {
      addField(result, field, value);
    }
  }
  return result;
}

function addField(result: Fields, field: WireField, value: WireValue): void {
  const { name, shape } = field;
  if (shape === "list") {
    const list = (result[name] ?? []) as JsonValue[];
    const decoded = decodeValue(field, value);
    if (decoded !== undefined) list.push(decoded);
    result[name] = list;
    return;
  }
  if (shape === "map") {
    const map = (result[name] ?? {}) as Fields;
    addEntry(map, field, bytesOf(value));
    result[name] = map;
    return;
  }
  const decoded = decodeValue(field, value);
  if (decoded !== undefined && (field.keepsZero || !isZero(decoded))) result[name] = decoded;
}

/** A map is a list of messages with a key and a value. */
function addEntry(map: Fields, field: WireField, bytes: Buffer): void {
  let key = "";
  let decoded: JsonValue | undefined;
  for (const { number, value } of readWire(bytes)) {
    if (number === 1) key = bytesOf(value).toString();
    if (number === 2) decoded = decodeValue(field, value);
  }
  const value = decoded ?? emptyOf(field.type);
  if (value !== undefined) Object.defineProperty(map, key, { value, ...plainProperty });
}

const plainProperty = { enumerable: true, configurable: true, writable: true };

function emptyOf(type: string): JsonValue | undefined {
  return type === "string" || type === "bytes" ? "" : undefined;
}

function isZero(value: JsonValue): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return value === "" || value === 0 || value === false;
}

function decodeValue(field: WireField, value: WireValue): JsonValue | undefined {
  switch (field.type) {
    case "string":
      return bytesOf(value).toString();
    case "bytes":
      return bytesOf(value).toString("base64");
    case "int":
      return Number(BigInt.asIntN(64, varintOf(value)));
    case "bool":
      return varintOf(value) !== 0n;
    case "time":
      return decodeTime(bytesOf(value));
    case "quantity":
      return decodeQuantity(bytesOf(value));
    case "intOrString":
      return decodeIntOrString(bytesOf(value));
    case "string[]":
      return decodeStrings(bytesOf(value));
    case "skip":
      return value.encoding === "bytes" && value.bytes.length === 0 ? undefined : true;
    default:
      return decodeMessage(field.type, bytesOf(value));
  }
}

/** Seconds and nanoseconds since the epoch; nothing at all is no time. */
function decodeTime(bytes: Buffer): JsonValue | undefined {
  let seconds: number | undefined;
  let nanos = 0;
  for (const { number, value } of readWire(bytes)) {
    if (number === 1) seconds = Number(BigInt.asIntN(64, varintOf(value)));
    if (number === 2) nanos = Number(BigInt.asIntN(32, varintOf(value)));
  }
  if (seconds === undefined) return undefined;
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) throw broken();
  const whole = date.toISOString().slice(0, 19);
  const fraction = nanos === 0 ? "" : `.${String(Math.floor(nanos / 1000)).padStart(6, "0")}`;
  return `${whole}${fraction}Z`;
}

function decodeQuantity(bytes: Buffer): JsonValue | undefined {
  for (const { number, value } of readWire(bytes)) if (number === 1) return bytesOf(value).toString();
  return undefined;
}

/** A type (0 number, 1 text) and both values. */
function decodeIntOrString(bytes: Buffer): JsonValue {
  let isText = false;
  let int = 0;
  let text = "";
  for (const { number, value } of readWire(bytes)) {
    if (number === 1) isText = varintOf(value) !== 0n;
    if (number === 2) int = Number(BigInt.asIntN(64, varintOf(value)));
    if (number === 3) text = bytesOf(value).toString();
  }
  return isText ? text : int;
}

function decodeStrings(bytes: Buffer): JsonValue {
  const strings: string[] = [];
  for (const { number, value } of readWire(bytes)) if (number === 1) strings.push(bytesOf(value).toString());
  return strings;
}

function bytesOf(value: WireValue): Buffer {
  if (value.encoding === "bytes") return value.bytes;
  throw broken();
}

function varintOf(value: WireValue): bigint {
  if (value.encoding === "varint") return value.value;
  throw broken();
}
