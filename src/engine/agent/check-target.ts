/** What a check is given and says. */

import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import type { Container } from "../../model/kinds/core/pod/container.ts";

export interface CheckResult {
  readonly ok: boolean;
  /** What was wrong, in the words that kubectl's users know. */
  readonly message: string;
  /** Of a command whose time was over before it ended: resolves when it has. */
  readonly goesOn?: Promise<void> | undefined;
}

export interface CheckTarget {
  readonly engine: ContainerEngine;
  readonly container: Container;
  readonly containerId: string;
  /** Address of the pod. */
  readonly address: string;
  readonly timeoutMs: number;
  readonly outputMaxBytes: number;
  readonly signal: AbortSignal;
}

const dialReasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  ETIMEDOUT: "i/o timeout",
};

export function dialText(error: NodeJS.ErrnoException, host: string, port: number): string {
  const reason = dialReasons[error.code ?? ""];
  return reason === undefined ? error.message : `dial tcp ${host}:${port}: ${reason}`;
}
