/** One request on its way through the pipeline. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { UserInfo } from "../../../client/user.ts";
import type { Api } from "../api.ts";
import type { BinaryBuilds } from "./binary-build.ts";

export interface Exchange {
  readonly api: Api;
  /** Absent where nobody builds. */
  readonly binaryBuilds?: BinaryBuilds | undefined;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly user: UserInfo;
  /** Takes a place among the long-lived answers (watches, followed logs), or throws; returns how to leave it. */
  readonly openStream: () => () => void;
  /** Aborts when the server closes. */
  readonly closing: AbortSignal;
}
