/** Webhooks of forges: received, decided, and answered with the status of the commit. */

import type { Client } from "../../client/client.ts";
import { EventRecorder } from "../../client/event-recorder.ts";
import type { Clock } from "../../lib/clock.ts";
import type { HttpHandler } from "../../lib/http-handler.ts";
import type { Logger } from "../../lib/log.ts";
import { runDeliveries } from "./delivery-controller.ts";
import { HookReceiver } from "./receiver.ts";
import { runStatusReporter, type StatusReporterOptions } from "./status-reporter.ts";

export interface WebhooksOptions {
  readonly client: Client;
  /** The way to forges' APIs. */
  readonly outside: StatusReporterOptions["outside"];
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Webhooks {
  /** `/-/hooks`. */
  readonly handler: HttpHandler;
  run(signal: AbortSignal): Promise<void>;
}

export function createWebhooks({ client, outside, clock, log }: WebhooksOptions): Webhooks {
  const events = new EventRecorder({ client, clock, log, component: "webhooks" });
  return {
    handler: new HookReceiver({ client, events, clock }),
    run: async (signal) => {
      await Promise.all([
        runDeliveries({ client, events, clock, log }, signal),
        runStatusReporter({ client, events, outside, clock, log }, signal),
      ]);
    },
  };
}
