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
      if (!parseAccept(accept).some(({ type }) => jsonTypes.has(type)))
        throw notAcceptable(["application/json"]);
      return find(path);
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
