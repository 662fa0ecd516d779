/** The OpenAPI documents: made when first asked for, and kept as text. */

import { createHash } from "node:crypto";
import { openApiV2, openApiV3, openApiV3Index, type OpenApiOptions } from "../../../model/openapi.ts";
import { notAcceptable, parseAccept } from "./accept.ts";
import type { Document } from "./document.ts";

export interface OpenApiDocuments {
  /** Undefined: no such document. Throws NotAcceptable for who takes protobuf alone. */
  answer(path: string, accept: string | undefined): Document | undefined;
}

const jsonTypes = new Set(["application/json", "application/*", "*/*"]);
const prefix = "/openapi/v3/";
/** What kubectl asks for is no valid media type, and it would not take it as the type of an answer. */
const askedProtobufType = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
const protobufType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/**
 * kubectl asks for version 2 in protobuf for one purpose: to check the fields of what it does not leave to the
 * server, which is `kind: List`. A document without definitions makes it check nothing, and the server does it.
 * Field 1 is the text "2.0" (swagger), field 2 the info with a title in its field 1.
 */
const emptyInProtobuf: Document = {
  contentType: protobufType,
  text: "\u000a\u00032.0\u0012\u0006\u000a\u0004Nagi",
};

export function createOpenApiDocuments(options: OpenApiOptions): OpenApiDocuments {
  const kept = new Map<string, Document | undefined>();
  const keep = (path: string, make: () => object | undefined): Document | undefined => {
    if (!kept.has(path)) {
      const value = make();
      kept.set(path, value === undefined ? undefined : documentOf(value));
    }
    return kept.get(path);
  };
  const version3 = (name: string): Document | undefined =>
    keep(prefix + name, () => openApiV3(options, name));
  const find = (path: string): Document | undefined => {
    if (path === "/openapi/v2") return keep(path, () => openApiV2(options));
    if (path === "/openapi/v3") {
      return keep(path, () => openApiV3Index(options, (name) => version3(name)?.etag ?? ""));
    }
    // Only names that exist are kept: what clients make up must not fill the memory.
    const name = path.slice(prefix.length);
    return path.startsWith(prefix) && known(options, name) ? version3(name) : undefined;
  };
  return {
    answer(path, accept) {
      if (!path.startsWith("/openapi/")) return undefined;
      const wanted = parseAccept(accept).map(({ type }) => type);
      if (wanted.some((type) => jsonTypes.has(type))) return find(path);
      if (
        path === "/openapi/v2" &&
        wanted.some((type) => type === protobufType || type === askedProtobufType)
      )
        return emptyInProtobuf;
      throw notAcceptable(["application/json"]);
    },
  };
}

function known({ kinds }: OpenApiOptions, name: string): boolean {
  return kinds.some(
    ({ group, version }) => name === (group === "" ? `api/${version}` : `apis/${group}/${version}`),
  );
}

function documentOf(value: object): Document {
  const text = JSON.stringify(value);
  const etag = createHash("sha256").update(text).digest("hex").slice(0, 32).toUpperCase();
  return { contentType: "application/json", text, etag };
}
