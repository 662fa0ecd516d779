/** Patches of the three kinds that are served. */

import type { JsonPatchOperation, PatchBody } from "../../../client/client.ts";
import { StatusError } from "../../../model/status.ts";
import { badRequest } from "../api-errors.ts";
import { parseMediaType } from "./accept.ts";
import { parseJson, readBody, unsupportedMediaType } from "./body.ts";
import type { Exchange } from "./exchange.ts";

const types = {
  "application/json-patch+json": "json",
  "application/merge-patch+json": "merge",
  "application/strategic-merge-patch+json": "strategic",
} as const;

export async function readPatch({ request, api }: Exchange): Promise<PatchBody> {
  const { limits } = api.parts;
  const { type: mediaType } = parseMediaType(request.headers["content-type"] ?? "");
  if (mediaType.startsWith("application/apply-patch")) {
    // Who owns which field is not kept, so such an apply could not take away what its last version had.
    throw new StatusError(
      "UnsupportedMediaType",
      "server-side apply is not served: use client-side apply (kubectl apply without --server-side)",
    );
  }
  const type = Object.hasOwn(types, mediaType) ? types[mediaType as keyof typeof types] : undefined;
  if (type === undefined) throw unsupportedMediaType(mediaType, Object.keys(types));
  const text = (await readBody(request, limits.bodyBytes)).toString();
  const body = parseJson(text, limits);
  if (type !== "json") return { type, body };
  if (!Array.isArray(body)) throw badRequest("a JSON patch must be an array of operations");
  return { type, body: body as unknown as readonly JsonPatchOperation[] };
}
