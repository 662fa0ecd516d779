/** Request bodies: read up to the limit, then parsed as JSON, YAML or protobuf. */

import type { IncomingMessage } from "node:http";
import { parseAllDocuments } from "yaml";
import { messageOf } from "../../../lib/errors.ts";
import type { JsonValue } from "../../../model/schema.ts";
import { StatusError } from "../../../model/status.ts";
import { badRequest } from "../api-errors.ts";
import { copyJson } from "../operations/json.ts";
import type { Limits } from "../limits.ts";
import { decodeProtobuf, protobufMediaType } from "../protobuf/decode.ts";
import { parseMediaType } from "./accept.ts";

/** What is beyond the limit is read and thrown away, so that the client gets to read the answer. */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limitBytes) chunks.push(chunk);
      else reject(tooLarge(limitBytes));
    });
    request.once("end", () => resolve(Buffer.concat(chunks)));
    request.once("error", (error) => reject(badRequest(`the body ended early: ${messageOf(error)}`)));
    // Who went while it was found out who they are is not heard of any more.
    if (request.destroyed) reject(badRequest("the body ended early"));
  });
}

function tooLarge(limitBytes: number): StatusError {
  return new StatusError("RequestEntityTooLarge", `Request entity too large: limit is ${limitBytes}`);
}

const jsonTypes = new Set(["", "application/json", "*/*"]);
const yamlTypes = new Set(["application/yaml", "application/x-yaml", "text/yaml"]);

/** Bodies of objects. Patches have types of their own. */
export function parseBody(bytes: Buffer, contentType: string | undefined, limits: Limits): JsonValue {
  const { type } = parseMediaType(contentType ?? "");
  if (jsonTypes.has(type)) return parseJson(bytes.toString(), limits);
  if (yamlTypes.has(type)) return parseYaml(bytes.toString(), limits);
  if (type === protobufMediaType) return copyJson(decodeProtobuf(bytes), limits.nesting);
  throw unsupportedMediaType(type, ["application/json", "application/yaml", protobufMediaType]);
}

export function unsupportedMediaType(type: string, known: readonly string[]): StatusError {
  const message = `the body of the request was in an unknown format (${type}) - accepted media types include: ${known.join(", ")}`;
  return new StatusError("UnsupportedMediaType", message);
}

export function parseJson(text: string, limits: Limits): JsonValue {
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (error) {
    throw badRequest(`the body is not valid JSON: ${messageOf(error)}`);
  }
  return copyJson(value, limits.nesting);
}

/** How many aliases a document may follow: enough for people, too few for a bomb. */
const maxAliases = 100;

function parseYaml(text: string, limits: Limits): JsonValue {
  let value: JsonValue;
  try {
    const documents = parseAllDocuments(text, { strict: true, uniqueKeys: true });
    const [document, ...others] = [...documents];
    if (document === undefined) throw badRequest("the body holds no YAML document");
    if (others.length > 0) throw badRequest("the body holds more than one YAML document");
    const [problem] = document.errors;
    if (problem !== undefined) throw problem;
    value = document.toJS({ maxAliasCount: maxAliases }) as JsonValue;
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw badRequest(`the body is not valid YAML: ${messageOf(error)}`);
  }
  return copyJson(value, limits.nesting);
}
