/** The message of whatever was thrown, for text that a person reads. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** States what must hold; a false condition is a fault of Nagi, never of a user's input. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${message}`);
}
