/** All commands. A command's module is loaded when it is called, so that a short command starts fast. */

import type { Command } from "./command.ts";

export interface CatalogueEntry {
  readonly name: string;
  readonly aliases?: readonly string[] | undefined;
  readonly load: () => Promise<{ readonly command: Command }>;
}

export const catalogue: readonly CatalogueEntry[] = [
  { name: "create", aliases: ["apps:create"], load: () => import("./commands/create.ts") },
  { name: "apps", aliases: ["apps:list"], load: () => import("./commands/apps.ts") },
  { name: "info", aliases: ["apps:info"], load: () => import("./commands/info.ts") },
  { name: "destroy", aliases: ["apps:destroy"], load: () => import("./commands/destroy.ts") },
  { name: "open", aliases: ["apps:open"], load: () => import("./commands/open.ts") },
  { name: "deploy", load: () => import("./commands/deploy.ts") },
  { name: "source", load: () => import("./commands/source.ts") },
  { name: "new-app", load: () => import("./commands/new-app.ts") },
  { name: "config", load: () => import("./commands/config.ts") },
  { name: "releases", load: () => import("./commands/releases.ts") },
  { name: "rollback", aliases: ["releases:rollback"], load: () => import("./commands/rollback.ts") },
  { name: "start-build", load: () => import("./commands/start-build.ts") },
  { name: "builds", load: () => import("./commands/builds.ts") },
  { name: "images", load: () => import("./commands/images.ts") },
  { name: "tag", load: () => import("./commands/tag.ts") },
  { name: "follow", load: () => import("./commands/follow.ts") },
  { name: "import-image", load: () => import("./commands/import-image.ts") },
  { name: "registry", load: () => import("./commands/registry.ts") },
  { name: "routes", aliases: ["domains"], load: () => import("./commands/routes.ts") },
  { name: "ps", load: () => import("./commands/ps.ts") },
  { name: "scale", aliases: ["ps:scale"], load: () => import("./commands/scale.ts") },
  { name: "restart", aliases: ["ps:restart"], load: () => import("./commands/restart.ts") },
  { name: "stop", aliases: ["ps:stop"], load: () => import("./commands/stop.ts") },
  { name: "start", aliases: ["ps:start"], load: () => import("./commands/start.ts") },
  { name: "resize", aliases: ["ps:resize", "ps:type"], load: () => import("./commands/resize.ts") },
  { name: "grace", load: () => import("./commands/grace.ts") },
  { name: "run", load: () => import("./commands/run.ts") },
  { name: "exec", aliases: ["ps:exec"], load: () => import("./commands/exec.ts") },
  { name: "cp", aliases: ["ps:copy"], load: () => import("./commands/cp.ts") },
  { name: "port-forward", aliases: ["ps:forward"], load: () => import("./commands/port-forward.ts") },
  { name: "logs", load: () => import("./commands/logs.ts") },
  { name: "get", load: () => import("./commands/get.ts") },
  { name: "describe", load: () => import("./commands/describe.ts") },
  { name: "apply", load: () => import("./commands/apply.ts") },
  { name: "process", load: () => import("./commands/process.ts") },
  { name: "delete", load: () => import("./commands/delete.ts") },
  { name: "events", load: () => import("./commands/events.ts") },
  { name: "why", load: () => import("./commands/why.ts") },
  { name: "simulate", load: () => import("./commands/simulate.ts") },
  { name: "nodes", load: () => import("./commands/nodes.ts") },
  { name: "cordon", load: () => import("./commands/cordon.ts") },
  { name: "uncordon", load: () => import("./commands/uncordon.ts") },
  { name: "drain", load: () => import("./commands/drain.ts") },
  { name: "rebalance", load: () => import("./commands/rebalance.ts") },
  { name: "platforms", load: () => import("./commands/platforms.ts") },
  { name: "kubeconfig", load: () => import("./commands/kubeconfig.ts") },
  { name: "login", load: () => import("./commands/login.ts") },
  { name: "keys", load: () => import("./commands/keys.ts") },
  { name: "whoami", aliases: ["auth:whoami"], load: () => import("./commands/whoami.ts") },
  { name: "completion", load: () => import("./commands/completion.ts") },
  { name: "git-credential", load: () => import("./commands/git-credential.ts") },
  { name: "version", load: () => import("./commands/version.ts") },
];
