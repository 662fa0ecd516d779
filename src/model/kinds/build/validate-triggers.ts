/** Rules of what starts builds of a configuration. */

import { duplicate, forbidden, invalid, required, type FieldError } from "../../field-error.ts";
import type { Infer } from "../../schema.ts";
import { parseTagName } from "../image/tag-names.ts";
import { strategyFrom } from "./build-strategy.ts";
import { webHookTypes, type buildTrigger } from "./build-trigger.ts";
import type { ObjectMeta } from "../../meta.ts";
import type { BuildCommonSpec } from "./build-spec.ts";
import { imageReferenceErrors } from "./validate-build.ts";

type Trigger = Infer<typeof buildTrigger>;

const fieldsOfTypes: Readonly<Record<string, string>> = { ...webHookTypes, ImageChange: "imageChange" };

/** What is needed of a configuration. */
interface Config {
  readonly metadata: ObjectMeta;
  readonly spec: BuildCommonSpec & { readonly triggers?: Trigger[] | undefined };
}

export function triggerErrors(config: Config): FieldError[] {
  const seen = new Set<string>();
  return (config.spec.triggers ?? []).flatMap((trigger, index) => {
    const at = `spec.triggers[${index}]`;
    const misplaced = misplacedErrors(trigger, at);
    if (misplaced.length > 0) return misplaced;
    if (trigger.type === "ImageChange") return imageChangeErrors(config, trigger, at, seen);
    return trigger.type === "ConfigChange" ? [] : webHookErrors(trigger, at, trigger.type);
  });
}

/** Settings of a trigger of another type. */
function misplacedErrors(trigger: Trigger, at: string): FieldError[] {
  const own = fieldsOfTypes[trigger.type];
  return Object.values(fieldsOfTypes).flatMap((field) =>
    field !== own && Object.hasOwn(trigger, field)
      ? [forbidden(`${at}.${field}`, `does not belong to a trigger of type ${trigger.type}`)]
      : [],
  );
}

function webHookErrors(trigger: Trigger, at: string, type: keyof typeof webHookTypes): FieldError[] {
  const field = webHookTypes[type];
  const { secret = "", secretReference } = trigger[field] ?? {};
  const path = `${at}.${field}`;
  if (trigger[field] === undefined) return [required(path, `a ${type} trigger needs a secret`)];
  if (secretReference !== undefined)
    return secretReference.name === "" ? [required(`${path}.secretReference.name`)] : [];
  return secret === "" ? [required(`${path}.secretReference`, "secretReference or secret must be set")] : [];
}

function imageChangeErrors(
  { spec, metadata }: Config,
  { imageChange }: Trigger,
  at: string,
  seen: Set<string>,
): FieldError[] {
  const { namespace = "" } = metadata;
  const own = imageChange?.from;
  const path = `${at}.imageChange.from`;
  const from = own ?? strategyFrom(spec.strategy);
  if (from === undefined) return [required(path, "the strategy names no image of its own to follow")];
  if (from.kind !== "ImageStreamTag") {
    const why =
      own === undefined
        ? "the strategy's from must be an ImageStreamTag, or from must be set here"
        : "must be an ImageStreamTag";
    return [invalid(`${path}.kind`, from.kind ?? "", why)];
  }
  if (own !== undefined) {
    const errors = imageReferenceErrors(own, path, namespace);
    if (errors.length > 0) return errors;
  }
  const key = tagKey(from, namespace);
  const to = spec.output?.to;
  if (to !== undefined && imageChange?.paused !== true && key === tagKey(to, namespace)) {
    return [
      invalid(
        `${path}.name`,
        from.name,
        "is the tag that the builds themselves move (spec.output.to): they would never end",
      ),
    ];
  }
  if (seen.has(key)) return [duplicate(path, from.name)];
  seen.add(key);
  return [];
}

function tagKey(
  { namespace, name = "" }: { namespace?: string | undefined; name?: string | undefined },
  own: string,
): string {
  const { stream = name, tag = "latest" } = parseTagName(name) ?? {};
  return `${namespace ?? own}/${stream}:${tag}`;
}
