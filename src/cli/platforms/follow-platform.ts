/** Waits while a platform is made or rebuilt, and says how far it is. */

import { findCondition } from "../../model/conditions.ts";
import {
  platform as platformKind,
  upToDate,
  type Platform,
  type RebuildStatus,
  type RebuiltApp,
} from "../../model/kinds/nagi/platform/platform.ts";
import type { CommandContext, Terminal } from "../command.ts";
import { paint } from "../terminal.ts";
import { pause, pollMs } from "../wait.ts";

/** Until the change that made this generation has been acted on. Resolves with the exit code. */
export async function followMaking(context: CommandContext, changed: Platform): Promise<number> {
  const { terminal, signal } = context;
  const { name = "", generation = 0 } = changed.metadata;
  const client = await context.client();
  for (;;) {
    const { status = {} } = await client.get(platformKind, { name });
    const update = findCondition(status.conditions, upToDate);
    if ((status.observedGeneration ?? 0) >= generation) {
      terminal.progressDone();
      if (update?.status === "True") {
        const isNew = status.version !== changed.status?.version;
        const what = isNew ? "is ready" : "is as it was: its recipe has not changed";
        terminal.print(`Platform ${name} v${status.version} ${what}`);
        return 0;
      }
      terminal.note(`${paint(terminal, "red", "error:")} cannot make platform ${name}: ${update?.message}`);
      terminal.note(`Mend the recipe, then: nagi platforms update ${name} DIR`);
      return 1;
    }
    // What an earlier try failed of is not what is being done.
    const doing = update?.reason?.endsWith("Failed") === true ? "waiting" : (update?.message ?? "waiting");
    terminal.progress(`Making platform ${name}: ${doing}`);
    await pause(pollMs, signal);
  }
}

/** Until the rebuild has ended. Resolves with the exit code. */
export async function followRebuild(context: CommandContext, changed: Platform): Promise<number> {
  const { name = "" } = changed.metadata;
  const client = await context.client();
  const teller = new RebuildTeller(context, name);
  for (;;) {
    const { spec, status = {} } = await client.get(platformKind, { name });
    const { rebuild } = status;
    if (!isSameWish(rebuild, changed) && !isSameWish(spec?.rebuild, changed)) {
      context.terminal.progressDone();
      context.terminal.note(
        `Another rebuild of platform ${name} was asked for meanwhile: nagi platforms info ${name}`,
      );
      return 1;
    }
    if (rebuild === undefined || !isSameWish(rebuild, changed) || rebuild.phase === "Making") {
      const making = findCondition(status.conditions, upToDate)?.message ?? "";
      context.terminal.progress(`Making platform ${name}${making === "" ? "" : `: ${making}`}`);
    } else {
      const code = teller.tell(rebuild, status.version);
      if (code !== undefined) return code;
    }
    await pause(pollMs, context.signal);
  }
}

type Wish = Pick<RebuildStatus, "requestedAt" | "continuedAt">;

function isSameWish(wish: Wish | undefined, { spec }: Platform): boolean {
  return wish?.requestedAt === spec?.rebuild?.requestedAt && wish?.continuedAt === spec?.rebuild?.continuedAt;
}

/** Says each thing once. */
class RebuildTeller {
  readonly #terminal: Terminal;
  readonly #name: string;
  readonly #told = new Map<string, string>();
  #begun = false;

  constructor({ terminal }: CommandContext, name: string) {
    this.#terminal = terminal;
    this.#name = name;
  }

  /** The exit code, when that was the end. */
  tell(rebuild: RebuildStatus, version: number | undefined): number | undefined {
    const { phase, message, apps } = rebuild;
    if (apps !== undefined) this.#begin(rebuild, version);
    for (const [index, app] of (apps ?? []).entries())
      this.#tellApp(app, `[${index + 1}/${apps?.length}] ${app.name}`);
    if (phase === "Complete") {
      this.#say(`Platform ${this.#name} is rebuilt`);
      return 0;
    }
    if (phase !== "Failed") return undefined;
    this.#terminal.progressDone();
    this.#terminal.note(`${paint(this.#terminal, "red", "error:")} the rebuild stopped: ${message}`);
    this.#terminal.note(
      `What ran before goes on. Mend it, then: nagi platforms rebuild ${this.#name} --continue`,
    );
    return 1;
  }

  #begin({ apps = [], phase, message }: RebuildStatus, version: number | undefined): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#say(`Platform ${this.#name} v${version} is ready; ${countText(apps.length)}`);
    if (phase !== "Failed" && message !== undefined) this.#terminal.print(message);
  }

  #say(line: string): void {
    this.#terminal.progressDone();
    this.#terminal.print(line);
  }

  #tellApp(app: RebuiltApp, place: string): void {
    const text = appText(app);
    if (this.#told.get(place) === text || app.phase === "Waiting") return;
    this.#told.set(place, text);
    if (app.phase === "Done" || app.phase === "Failed") this.#say(`${place}: ${text}`);
    else this.#terminal.progress(`${place}: ${text}`);
  }
}

function countText(count: number): string {
  if (count === 0) return "no apps stand on it";
  return count === 1 ? "1 app is rebuilt on it" : `${count} apps are rebuilt on it, one by one`;
}

function appText({ phase, build = "", message = "" }: RebuiltApp): string {
  switch (phase) {
    case "Building":
      return `build ${build}`;
    case "Releasing":
      return `build ${build} is done; its release comes up`;
    case "Failed":
      return `failed: ${message}`;
    default:
      return message;
  }
}
