/** A recipe's restore, told how long the dump is: the end of a session must not be taken for the end of the data. */
export function restoreOf(run: string, bytes: number): string {
  return `export NAGI_RESTORE_BYTES=${bytes}\n${run}`;
}
