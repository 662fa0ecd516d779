/** The commands that start, stop and look at a platform on this machine. */

import type { CatalogueEntry } from "../cli/catalogue.ts";

export const platformCommands: readonly CatalogueEntry[] = [
  { name: "up", load: () => import("./commands/up.ts") },
  { name: "down", load: () => import("./commands/down.ts") },
  { name: "platform", load: () => import("./commands/platform.ts") },
  { name: "scheduler", load: () => import("./commands/scheduler.ts") },
  { name: "backup", load: () => import("./commands/backup.ts") },
  { name: "restore", load: () => import("./commands/restore.ts") },
  { name: "rotate-key", load: () => import("./commands/rotate-key.ts") },
  { name: "service", load: () => import("./commands/service.ts") },
  { name: "status", load: () => import("./commands/status.ts") },
];
