/** Patches, applied to the newest version. */

import type { PatchBody } from "../../../client/client.ts";
import { applyJsonPatch, applyMergePatch } from "../../../model/patch.ts";
import type { SchemaNode } from "../../../model/schema.ts";
import { applyStrategicPatch } from "../../../model/strategic-patch.ts";

/** Leaves the previous version as it is; what comes out may share parts with it. */
export function applyPatch(node: SchemaNode, previous: unknown, patch: PatchBody): unknown {
  switch (patch.type) {
    case "merge":
      return applyMergePatch(previous, patch.body);
    case "strategic":
      return applyStrategicPatch(node, previous, patch.body);
    case "json":
      return applyJsonPatch(previous, patch.body);
  }
}
