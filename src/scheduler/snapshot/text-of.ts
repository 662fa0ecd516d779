const known = new WeakMap<object, string>();

/** As JSON; written once for what is shared by the pods of one template, and cannot change. */
export function textOf(part: object): string {
  if (!Object.isFrozen(part)) return JSON.stringify(part);
  let text = known.get(part);
  if (text === undefined) known.set(part, (text = JSON.stringify(part)));
  return text;
}
