/** What a list or a watch wants to see: label and field selectors, parsed once. */

import { fieldMatcher, parseFieldSelector } from "../../../model/field-selector.ts";
import type { Kind } from "../../../model/kind.ts";
import { matches, parseSelector } from "../../../model/labels.ts";
import type { KubeObject } from "../../../model/meta.ts";

export interface Selection {
  /** The same for selections that see the same. */
  readonly key: string;
  readonly everything: boolean;
  /** The one name that can be seen, when the field selector says so. */
  readonly name: string | undefined;
  readonly matches: (object: KubeObject) => boolean;
}

export function selectionOf(kind: Kind, labelSelector = "", fieldSelector = ""): Selection {
  const labels = parseSelector(labelSelector);
  const fields = parseFieldSelector(fieldSelector);
  const hasFields = fieldMatcher(kind, fields);
  return {
    key: `${labelSelector}\n${fieldSelector}`,
    everything: labels.length === 0 && fields.length === 0,
    name: fields.find(({ field, equal }) => equal && field === "metadata.name")?.value,
    matches: (object) => matches(labels, object.metadata.labels) && hasFields(object),
  };
}
