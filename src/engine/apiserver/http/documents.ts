/** Answers outside the objects: version, health, discovery and OpenAPI. */

import type { Document } from "./document.ts";
import type { Discovery } from "./discovery.ts";
import type { OpenApiDocuments } from "./openapi-documents.ts";

export interface Documents {
  /** Undefined: there is nothing at this path. */
  answer(path: string, accept: string | undefined): Document | undefined;
}

/** The release of Kubernetes whose API this one follows; clients compare it with their own. */
const followed = { major: "1", minor: "32" };

export interface DocumentsOptions {
  readonly discovery: Discovery;
  readonly openApi: OpenApiDocuments;
  readonly version: string;
}

export function createDocuments({ discovery, openApi, version }: DocumentsOptions): Documents {
  const about = {
    ...followed,
    gitVersion: `v${followed.major}.${followed.minor}.0+nagi-${version}`,
    gitCommit: "",
    gitTreeState: "clean",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: `node ${process.version}`,
    compiler: "node",
    platform: `${process.platform}/${process.arch}`,
  };
  const fixed = new Map<string, Document>([
    ["/version", { contentType: "application/json", text: JSON.stringify(about) }],
    ...["/healthz", "/livez", "/readyz"].map(
      (path) => [path, { contentType: "text/plain", text: "ok" }] as const,
    ),
  ]);
  const paths = ["/api", "/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"];
  fixed.set("/", { contentType: "application/json", text: JSON.stringify({ paths }) });
  return {
    answer(path, accept) {
      const trimmed = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
      return fixed.get(trimmed) ?? discovery.answer(trimmed, accept) ?? openApi.answer(trimmed, accept);
    },
  };
}
