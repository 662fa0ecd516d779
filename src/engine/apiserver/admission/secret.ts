/** Secrets of type service-account-token are filled with a token of the account that they name. */

import { encodeText } from "../../../lib/base64.ts";
import type { Kind } from "../../../model/kind.ts";
import type { KubeObject } from "../../../model/meta.ts";
import type { Secret } from "../../../model/kinds/core/secret/secret.ts";
import type { Store } from "../../store/store.ts";
import { invalid } from "../api-errors.ts";
import type { ServiceAccountTokens } from "../auth/service-account-tokens.ts";
import type { KindHook } from "./hooks.ts";

const tokenType = "kubernetes.io/service-account-token";
const accountAnnotation = "kubernetes.io/service-account.name";
const uidAnnotation = "kubernetes.io/service-account.uid";

export interface SecretHookOptions {
  readonly kind: Kind;
  readonly store: Store;
  readonly tokens: ServiceAccountTokens;
  readonly caPem: string;
}

export function secretHook({ kind, store, tokens, caPem }: SecretHookOptions): KindHook {
  return {
    async prepare(object: KubeObject) {
      const secret = object as Secret;
      if (secret.type !== tokenType) return;
      const { namespace = "", name = "", uid = "", annotations = {} } = secret.metadata;
      const accountName = annotations[accountAnnotation] ?? "";
      const account = store.get({ resource: "serviceaccounts", namespace, name: accountName })?.value
        .metadata;
      if (account?.uid === undefined) {
        const path = `metadata.annotations[${accountAnnotation}]`;
        const detail = "must name a service account of the namespace";
        throw invalid(kind, name, [{ type: "Invalid", path, value: accountName, detail }]);
      }
      const bound = { name: accountName, uid: account.uid };
      const token = await tokens.issue({
        namespace,
        account: bound,
        ...(name === "" ? {} : { secret: { name, uid } }),
      });
      secret.metadata.annotations = { ...annotations, [uidAnnotation]: account.uid };
      secret.data = {
        ...secret.data,
        token: encodeText(token),
        namespace: encodeText(namespace),
        "ca.crt": encodeText(caPem),
      };
    },
  };
}
