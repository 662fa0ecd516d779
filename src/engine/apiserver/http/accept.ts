/** Content negotiation: which of the forms that we can make the client wants most. */

import { StatusError } from "../../../model/status.ts";

export interface MediaRange {
  /** `type/subtype` in lower case. */
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** The header's ranges, most wanted first. */
export function parseAccept(header: string | undefined): MediaRange[] {
  const ranges = (header ?? "*/*").split(",").map((text, order) => ({ ...parseMediaType(text), order }));
  const quality = ({ parameters }: MediaRange): number => Number(parameters.get("q") ?? 1);
  return ranges
    .filter((range) => range.type !== "" && quality(range) > 0)
    .sort((a, b) => quality(b) - quality(a) || a.order - b.order);
}

export function parseMediaType(text: string): MediaRange {
  const [type = "", ...rest] = text.split(";").map((part) => part.trim());
  const parameters = new Map(
    rest.map((part) => {
      const [key = "", ...value] = part.split("=");
      return [key.toLowerCase(), value.join("=").replaceAll(/^"|"$/g, "")] as const;
    }),
  );
  return { type: type.toLowerCase(), parameters };
}

/** How objects are written: in full, as a table, or only their metadata. */
export type ObjectForm = "object" | "table" | "metadata";

export interface Negotiated {
  readonly form: ObjectForm;
  readonly yaml: boolean;
}

const json = new Set(["application/json", "application/*", "*/*"]);
const forms: ReadonlyMap<string, ObjectForm> = new Map([
  ["Table", "table"],
  ["PartialObjectMetadata", "metadata"],
  ["PartialObjectMetadataList", "metadata"],
]);

/** Throws NotAcceptable when nothing that the client names can be made, for instance for protobuf alone. */
export function negotiateObject(header: string | undefined): Negotiated {
  for (const { type, parameters } of parseAccept(header)) {
    const yaml = type === "application/yaml";
    if (!yaml && !json.has(type)) continue;
    const as = parameters.get("as");
    if (as === undefined) return { form: "object", yaml };
    const form = forms.get(as);
    const known = parameters.get("g") === "meta.k8s.io" && parameters.get("v") === "v1";
    if (form !== undefined && known) return { form, yaml };
  }
  throw notAcceptable(["application/json", "application/yaml"]);
}

export function notAcceptable(known: readonly string[]): StatusError {
  const list = known.join(", ");
  return new StatusError("NotAcceptable", `only the following media types are accepted: ${list}`);
}
