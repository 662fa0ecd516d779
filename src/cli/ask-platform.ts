/** Requests to the platform's own HTTP, beside the Kubernetes API: with the same token. */

import { platformInfo } from "./app.ts";
import { UsageError, type CommandContext } from "./command.ts";
import { connectionToken } from "./connect.ts";

export interface PlatformRequest {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly body?: object | undefined;
}

/** The JSON of the answer; a refusal is the user's to mend. */
export async function askPlatform<T>(
  context: CommandContext,
  { method, path, body }: PlatformRequest,
): Promise<T> {
  const { httpUrl } = await platformInfo(await context.client());
  const headers = { authorization: `Bearer ${await connectionToken(context)}` };
  const sent = body === undefined ? null : JSON.stringify(body);
  let response: Response;
  try {
    response = await fetch(`${httpUrl}${path}`, { method, headers, body: sent, signal: context.signal });
  } catch (cause) {
    throw new Error(`cannot reach ${httpUrl}`, { cause });
  }
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as T;
  throw new UsageError(reasonIn(text));
}

/** What a refusal of the platform says. */
export function reasonIn(answer: string): string {
  try {
    return (JSON.parse(answer) as { readonly message: string }).message;
  } catch {
    // From a proxy on the way.
    return answer.trim();
  }
}
