import { access } from "node:fs/promises";

/** Whether there is something at the path that this process may see. */
export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
