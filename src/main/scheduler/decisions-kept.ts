/** Whether the cluster takes SchedulingDecisions: on a Kubernetes that somebody has to install first. */

import type { Client } from "../../client/client.ts";
import { messageOf } from "../../lib/errors.ts";
import { sleep, type Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/log.ts";
import { schedulingDecision } from "../../model/kinds/nagi/schedulingdecision/schedulingdecision.ts";
import { isNotFound, isStatus } from "../../model/status.ts";

/** It may be installed later. */
const askAgainMs = 60_000;

export class DecisionsKept {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #log: Logger;
  #kept = false;
  #told: string | undefined;

  constructor(client: Client, clock: Clock, log: Logger) {
    this.#client = client;
    this.#clock = clock;
    this.#log = log;
  }

  get now(): boolean {
    return this.#kept;
  }

  /** Asks the cluster now and then until it does. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !(await this.ask())) await sleep(this.#clock, askAgainMs, signal);
  }

  async ask(): Promise<boolean> {
    try {
      await this.#client.list(schedulingDecision, { limit: 1 });
      this.#kept = true;
      if (this.#told !== undefined) this.#log.info("decisions are kept from now on");
    } catch (error) {
      this.#tell(whyNot(error));
    }
    return this.#kept;
  }

  #tell(reason: string): void {
    if (reason === this.#told) return;
    this.#told = reason;
    this.#log.warn("decisions are not kept: pods say why they wait in their conditions and events only", {
      reason,
    });
  }
}

function whyNot(error: unknown): string {
  if (isNotFound(error)) {
    return "the cluster has no SchedulingDecision: nagi scheduler --print crds | kubectl apply -f -";
  }
  if (isStatus(error, "Forbidden")) {
    return `not allowed (nagi scheduler --print rbac has what is needed): ${messageOf(error)}`;
  }
  return messageOf(error);
}
