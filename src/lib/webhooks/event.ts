/** What a forge tells by a webhook, whichever forge it is. */

export interface HookEvent {
  /** Push of a branch, push of a tag, the forge's test, or something that no build comes of. */
  readonly kind: "Push" | "Tag" | "Ping" | "Other";
  /** The forge's own name of it. */
  readonly event: string;
  /** The forge's own name of this delivery. */
  readonly id?: string | undefined;
  /** In full: `refs/heads/main`. */
  readonly ref?: string | undefined;
  /** What the ref names now, and named before. */
  readonly commit?: string | undefined;
  readonly before?: string | undefined;
  readonly deleted?: boolean | undefined;
  /** Of the newest commit. */
  readonly message?: string | undefined;
  readonly author?: { readonly name?: string | undefined; readonly email?: string | undefined } | undefined;
  /** Who pushed. */
  readonly sender?: string | undefined;
  /** `team/shop`, as the forge writes it. */
  readonly repository?: string | undefined;
  readonly defaultBranch?: string | undefined;
  /** Undefined when the forge does not tell all of them. */
  readonly changedFiles?: readonly string[] | undefined;
  readonly env?: readonly { readonly name: string; readonly value: string }[] | undefined;
}

/** As Node.js gives them. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface HookRequest {
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** What is sent cannot be understood. */
export class PayloadProblem extends Error {
  override readonly name = "PayloadProblem";
}

export interface Provider {
  /** Whether the request knows the secret. Takes as long for a wrong one as for the right one. */
  readonly isGenuine: (request: HookRequest, secret: string) => boolean;
  /** Throws a PayloadProblem. */
  readonly read: (request: HookRequest) => HookEvent;
}
