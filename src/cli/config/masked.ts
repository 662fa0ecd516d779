/** Stands for a value of a config var: says nothing of it, not even its length. */
export const masked = "********";

/** One line of a value that may have several. */
export function shownValue(value: string, show: boolean): string {
  if (!show) return masked;
  return value.includes("\n") ? JSON.stringify(value) : value;
}
