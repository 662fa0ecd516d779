/** A request as a forge sends it to find out whether it is heard; for `nagi webhooks test`. */

import type { ProviderName } from "./providers.ts";
import { signatureOf } from "./request.ts";

export interface SampleRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function pingRequest(provider: ProviderName, secret: string, id: string): SampleRequest {
  const body = "{}";
  const hex = signatureOf(Buffer.from(body), secret);
  const json = { "content-type": "application/json" };
  const headers: Readonly<Record<ProviderName, Readonly<Record<string, string>>>> = {
    github: { "x-github-event": "ping", "x-github-delivery": id, "x-hub-signature-256": `sha256=${hex}` },
    gitlab: { "x-gitlab-event": "Ping", "idempotency-key": id, "x-gitlab-token": secret },
    gitea: { "x-gitea-event": "ping", "x-gitea-delivery": id, "x-gitea-signature": hex },
    bitbucket: {
      "x-event-key": "diagnostics:ping",
      "x-request-uuid": id,
      "x-hub-signature": `sha256=${hex}`,
    },
    generic: { "x-nagi-event": "ping", "x-nagi-delivery": id, "x-nagi-token": secret },
  };
  return { headers: { ...json, ...headers[provider] }, body };
}
