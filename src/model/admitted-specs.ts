/**
 * New objects of a kind whose specs come again and again, as pods of one template do: a spec that was defaulted and
 * found right twice is handed out to all further objects that give the same text. They share one frozen value.
 */

import { deepFreeze } from "./json.ts";
import type { Kind } from "./kind.ts";
import type { KubeObject } from "./meta.ts";
import { admitObject, admitWithoutSpec } from "./validate.ts";

/** A longer spec is not remembered. */
const textMaxLength = 16 * 1024;
/** Of the texts of all specs that are remembered of a kind; all are forgotten when there is more. */
const textsMaxLength = 1024 * 1024;

interface WithSpec extends KubeObject {
  readonly spec?: unknown;
}

interface Known {
  /** By the text that was given; undefined when that came once only, so that single specs cost little. */
  readonly specs: Map<string, unknown>;
  /** The text of each admitted spec itself. */
  readonly texts: Map<unknown, string>;
  textsLength: number;
}

const known = new WeakMap<Kind, Known>();

/** As `admitObject` of a fresh object; what is returned may share its spec with others. */
export function admitNew<T extends KubeObject>(kind: Kind<T>, object: T): T {
  const { spec } = object as WithSpec;
  const text = kind.specStandsAlone === true && spec !== undefined ? JSON.stringify(spec) : "";
  if (text === "" || text.length > textMaxLength) {
    admitObject(kind, object);
    return object;
  }
  const remembered = knownOf(kind);
  const admitted = remembered.specs.get(text);
  if (admitted !== undefined) {
    admitWithoutSpec(kind, object);
    return { ...object, spec: admitted };
  }
  admitObject(kind, object);
  remember(remembered, text, (object as WithSpec).spec);
  return object;
}

function knownOf(kind: Kind): Known {
  let present = known.get(kind);
  if (present === undefined)
    known.set(kind, (present = { specs: new Map(), texts: new Map(), textsLength: 0 }));
  return present;
}

function remember(present: Known, given: string, admitted: unknown): void {
  const isSecond = present.specs.has(given);
  const text = isSecond ? JSON.stringify(admitted) : given;
  if (present.textsLength + text.length > textsMaxLength) {
    present.specs.clear();
    present.texts.clear();
    present.textsLength = 0;
  }
  present.textsLength += text.length;
  present.specs.set(given, isSecond ? deepFreeze(admitted) : undefined);
  if (isSecond) present.texts.set(admitted, text);
}

/** The JSON of a spec that `admitNew` gave out and still remembers. */
export function textOfAdmitted(kind: Kind, spec: unknown): string | undefined {
  return known.get(kind)?.texts.get(spec);
}
