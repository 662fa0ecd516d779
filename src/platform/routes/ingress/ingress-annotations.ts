/**
 * What annotations of Ingresses ask of the router: those of Routes as they are, and of ingress-nginx those that mean the same
 * here. What would guard a site there and is not known here keeps the Ingress from being served. Pure.
 */

import type { Ingress } from "../../../model/kinds/networking/ingress/ingress.ts";
import { routeSettings, type SettingName } from "../../../model/kinds/route/route/route-settings.ts";

export interface IngressSettings {
  /** Of Routes. */
  readonly annotations: Readonly<Record<string, string>>;
  /** What becomes of requests without TLS, for hosts that answer over TLS. */
  readonly insecure: "Redirect" | "Allow";
  /** Why it cannot be served. */
  readonly refusal: string | undefined;
  /** Annotations that change nothing here. */
  readonly ignored: readonly string[];
}

const nginx = "nginx.ingress.kubernetes.io/";
/** What makes no difference here, or is so anyway: no limit of bodies, for instance. */
const needless = new Set(
  ["proxy-body-size", "proxy-send-timeout", "proxy-connect-timeout", "proxy-buffering", "proxy-buffer-size"]
    .concat([
      "proxy-request-buffering",
      "proxy-http-version",
      "session-cookie-max-age",
      "session-cookie-expires",
    ])
    .concat([
      "service-upstream",
      "websocket-services",
      "ssl-redirect",
      "force-ssl-redirect",
      "session-cookie-name",
    ]),
);

interface Meaning {
  readonly setting: SettingName;
  readonly value: string;
}

type Translation = (value: string, ingress: Ingress) => Meaning | { readonly refusal: string } | undefined;

const allow: Translation = (value) => ({ setting: "allow", value });
const guards: Translation = () => ({
  refusal:
    "is not known here, and without it everybody would be let in; see nagi.dev/basic-auth and haproxy.router.openshift.io/ip_allowlist",
});

const translations: Readonly<Record<string, Translation>> = {
  "whitelist-source-range": allow,
  "allowlist-source-range": allow,
  "proxy-read-timeout": (value) => ({ setting: "timeout", value: /^\d+$/.test(value) ? `${value}s` : value }),
  "rewrite-target": (value) =>
    value.includes("$")
      ? {
          refusal:
            "cannot be made of parts of the path here; a path without groups and a target without $ can",
        }
      : { setting: "rewrite", value },
  affinity: (value, ingress) =>
    value === "cookie"
      ? { setting: "sticky", value: annotation(ingress, "session-cookie-name") ?? "INGRESSCOOKIE" }
      : undefined,
  "backend-protocol": (value) => {
    if (value.toUpperCase() === "GRPC") return { setting: "app-protocol", value: "h2c" };
    return value.toUpperCase() === "HTTP" || value === ""
      ? undefined
      : { refusal: "must be HTTP or GRPC here; for TLS to the pods make a Route with reencrypt" };
  },
  "use-regex": (value) =>
    value === "true" ? { refusal: "is not known here: paths are whole parts, without patterns" } : undefined,
  "auth-type": guards,
  "auth-secret": guards,
  "auth-url": guards,
  "auth-tls-secret": guards,
  "denylist-source-range": guards,
};

export function ingressSettings(ingress: Ingress): IngressSettings {
  const given = Object.entries(ingress.metadata.annotations ?? {});
  const own = Object.fromEntries(given.filter(([name]) => !name.startsWith(nginx)));
  const translated: Record<string, string> = {};
  const ignored: string[] = [];
  let refusal: string | undefined;
  for (const [name, value] of given.filter(([each]) => each.startsWith(nginx))) {
    const word = name.slice(nginx.length);
    if (!Object.hasOwn(translations, word)) {
      if (!needless.has(word)) ignored.push(name);
      continue;
    }
    const meaning = translations[word]?.(value, ingress);
    if (meaning === undefined) continue;
    if ("refusal" in meaning) refusal ??= `metadata.annotations[${name}]: "${value}" ${meaning.refusal}`;
    else translated[routeSettings[meaning.setting].annotation] = meaning.value;
  }
  const insecure = annotation(ingress, "ssl-redirect") === "false" ? "Allow" : "Redirect";
  return { annotations: { ...translated, ...own }, insecure, refusal, ignored };
}

function annotation({ metadata }: Ingress, word: string): string | undefined {
  return metadata.annotations?.[`${nginx}${word}`];
}
