/** Who can open sessions with a pod's containers; the API server asks it to serve exec, attach and portforward. */

import type { Duplex } from "node:stream";
import type { KubeObject } from "../model/meta.ts";

export interface SessionOptions {
  readonly container?: string | undefined;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

export interface PodSession {
  readonly input: Pick<Duplex, "write" | "end" | "on" | "once" | "off" | "writableNeedDrain">;
  /** Ends when the command does, or the container that was attached to. */
  readonly output: AsyncIterable<{ readonly stream: "stdout" | "stderr"; readonly data: Uint8Array }>;
  resize(size: { readonly columns: number; readonly rows: number }): Promise<void>;
  /** Once the output has ended; undefined when it is not known. */
  exitCode(): Promise<number | undefined>;
  close(): void;
}

/** Each throws a StatusError (for instance BadRequest "container x is not valid for pod y") before it begins. */
export interface PodSessions {
  /** Throws the StatusError that says why there can be no session, for instance because nothing runs. */
  check(object: KubeObject, container: string | undefined): void;
  exec(object: KubeObject, command: readonly string[], options: SessionOptions): Promise<PodSession>;
  /** `replay`: what the container wrote before comes first. */
  attach(object: KubeObject, options: SessionOptions & { readonly replay: boolean }): Promise<PodSession>;
  /** A connection to a port of the pod, as from inside it. */
  connect(object: KubeObject, port: number): Promise<Duplex>;
}
