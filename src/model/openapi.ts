/**
 * The OpenAPI documents of the kinds: `/openapi/v2` whole, `/openapi/v3` by group and version.
 *
 * kubectl 1.32 reads version 3 as JSON: `explain` prints it, `create` and `apply` look in it for the query
 * parameter `fieldValidation` (on the PATCH operation of the kind) and then leave validation to the server, and
 * `apply` and `edit` take merge keys from it. It asks for version 2 only when version 3 is missing, and then only
 * in protobuf (`application/com.github.proto-openapi.spec.v2@v1.0+protobuf`): it does not look at the content
 * type of the answer and reads JSON as broken protobuf. So a server must never give JSON to a request that names
 * protobuf alone.
 *
 * The documents are data, made anew at each call: they are large and rarely asked for, so who serves them decides
 * what to keep.
 */

import type { Kind } from "./kind.ts";
import { groupVersionPath, pathsOf } from "./openapi-paths.ts";
import { definitionsOf, type JsonSchema } from "./openapi-schemas.ts";

export interface OpenApiOptions {
  readonly kinds: readonly Kind[];
  /** Version of the server. */
  readonly version: string;
}

/** Swagger 2 document of all kinds. */
export function openApiV2({ kinds, version }: OpenApiOptions): JsonSchema {
  return {
    swagger: "2.0",
    info: { title: "Nagi", version },
    paths: pathsOf(kinds, "v2"),
    definitions: definitionsOf(kinds, "v2"),
  };
}

/** The part of a path that names a document of version 3: `api/v1`, `apis/apps/v1`. */
export function openApiV3Names({ kinds }: OpenApiOptions): string[] {
  return [...new Set(kinds.map((kind) => groupVersionPath(kind).slice(1)))].toSorted();
}

/** The index; `hashOf` gives a text that changes when the document does, so that clients may keep documents. */
export function openApiV3Index(options: OpenApiOptions, hashOf: (name: string) => string): JsonSchema {
  const paths = openApiV3Names(options).map((name) => {
    const hash = encodeURIComponent(hashOf(name));
    return [name, { serverRelativeURL: `/openapi/v3/${name}?hash=${hash}` }] as const;
  });
  return { paths: Object.fromEntries(paths) };
}

/** The document of one group and version, by its name in the index; undefined when there is none. */
export function openApiV3({ kinds, version }: OpenApiOptions, name: string): JsonSchema | undefined {
  const own = kinds.filter((kind) => groupVersionPath(kind) === `/${name}`);
  if (own.length === 0) return undefined;
  return {
    openapi: "3.0.0",
    info: { title: "Nagi", version },
    paths: pathsOf(own, "v3"),
    components: { schemas: definitionsOf(own, "v3") },
  };
}
