/** The objects that an add-on consists of, as they should be. Pure but for the credentials, which are chance. */

import { createHash, randomBytes } from "node:crypto";
import { encodeText } from "../../lib/base64.ts";
import { statefulSet, type StatefulSet } from "../../model/kinds/apps/statefulset/statefulset.ts";
import { secret, type Secret } from "../../model/kinds/core/secret/secret.ts";
import { service, type Service } from "../../model/kinds/core/service/service.ts";
import type { Addon } from "../../model/kinds/nagi/addon/addon.ts";
import { addonLabel, addonObjectName, serverContainer } from "../../model/kinds/nagi/addon/addon-vars.ts";
import { hasUsers, type AddonService } from "../../model/kinds/nagi/addonservice/addonservice.ts";
import { newObject } from "../../model/kind.ts";
import { ownedMeta } from "./names.ts";

export const digestAnnotation = "nagi.dev/addon-digest";
const portName = "server";
const dataVolume = "data";
/** Databases write everything down before they end. */
const gracePeriodSeconds = 60;
/** What a crash left is put right before the server answers, which takes as long as it takes. */
const startTries = 3600;
const askSeconds = 10;
const passwordBytes = 24;
const userBytes = 5;

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

export function newCredentials(): Credentials {
  return { user: `u${randomBytes(userBytes).toString("hex")}`, password: newPassword() };
}

/** Letters and digits only: it stands in addresses. */
function newPassword(): string {
  return randomBytes(passwordBytes).toString("hex");
}

export function addonSecret(addon: Addon, described: AddonService): Secret {
  const { name = "" } = addon.metadata;
  const { user, password } = hasUsers(described) ? newCredentials() : { user: "", password: "" };
  const values = {
    database: databaseName(name, described),
    "admin-password": newPassword(),
    user,
    password,
  };
  const data = Object.fromEntries(Object.entries(values).map(([key, text]) => [key, encodeText(text)]));
  return newObject<Secret>(secret, ownedMeta(addon, addonObjectName(name)), { type: "Opaque", data });
}

/** The add-on's own name, where the server does not keep it to itself. */
function databaseName(addon: string, { spec: { reservedNames = [] } }: AddonService): string {
  const name = addon.replaceAll("-", "_");
  const isReserved = reservedNames.some((each) =>
    each.endsWith("*") ? name.startsWith(each.slice(0, -1)) : name === each,
  );
  return isReserved ? `db_${name}` : name;
}

export function addonNetworkService(addon: Addon, { spec }: AddonService): Service {
  const { name = "" } = addon.metadata;
  return newObject<Service>(service, ownedMeta(addon, addonObjectName(name)), {
    spec: {
      selector: { [addonLabel]: name },
      ports: [{ name: portName, port: spec.port, targetPort: portName, protocol: "TCP" }],
    },
  });
}

/** One pod at most, at any time: two servers on one volume would destroy it. Its claim goes when the add-on does. */
export function addonStatefulSet(addon: Addon, described: AddonService, image: string): StatefulSet {
  const { name = "" } = addon.metadata;
  const { spec } = described;
  const plan = spec.plans[addon.spec.plan] ?? {};
  const labels = { [addonLabel]: name };
  const own = addonObjectName(name);
  const wanted: StatefulSet["spec"] = {
    replicas: 1,
    serviceName: own,
    selector: { matchLabels: labels },
    persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete", whenScaled: "Retain" },
    template: {
      metadata: { labels },
      spec: {
        terminationGracePeriodSeconds: gracePeriodSeconds,
        enableServiceLinks: false,
        automountServiceAccountToken: false,
        containers: [container(addon, described, image)],
      },
    },
    ...(spec.data === undefined
      ? {}
      : {
          volumeClaimTemplates: [
            {
              metadata: { name: dataVolume, labels },
              spec: {
                accessModes: ["ReadWriteOnce"],
                resources: { requests: { storage: plan.storage ?? "1Gi" } },
              },
            },
          ],
        }),
  };
  const digest = createHash("sha256").update(JSON.stringify(wanted.template)).digest("hex").slice(0, 32);
  const metadata = ownedMeta(addon, own);
  return newObject<StatefulSet>(
    statefulSet,
    { ...metadata, annotations: { [digestAnnotation]: digest } },
    { spec: wanted },
  );
}

type Container = NonNullable<StatefulSet["spec"]["template"]["spec"]>["containers"][number];

function container(addon: Addon, { spec }: AddonService, image: string): Container {
  const plan = spec.plans[addon.spec.plan] ?? {};
  const name = addonObjectName(addon.metadata.name ?? "");
  const fromSecret = (key: string) => ({ secretKeyRef: { name, key } });
  const ready = spec.commands?.ready;
  const environment = { ...spec.environment, ...plan.environment };
  return {
    name: serverContainer,
    image,
    imagePullPolicy: "IfNotPresent",
    ports: [{ name: portName, containerPort: spec.port, protocol: "TCP" }],
    env: [
      { name: "NAGI_ADDON_DATABASE", valueFrom: fromSecret("database") },
      { name: "NAGI_ADDON_ADMIN_PASSWORD", valueFrom: fromSecret("admin-password") },
      ...Object.entries(environment).map(([key, value]) => ({ name: key, value })),
    ],
    resources: {
      requests: {
        ...(plan.cpu === undefined ? {} : { cpu: plan.cpu }),
        ...(plan.memory === undefined ? {} : { memory: plan.memory }),
      },
      ...(plan.memory === undefined ? {} : { limits: { memory: plan.memory } }),
    },
    ...(ready === undefined
      ? {}
      : {
          startupProbe: {
            exec: { command: ["/bin/sh", "-c", ready] },
            periodSeconds: 1,
            timeoutSeconds: askSeconds,
            failureThreshold: startTries,
          },
        }),
    readinessProbe: { tcpSocket: { port: portName }, periodSeconds: 2 },
    ...(spec.data === undefined ? {} : { volumeMounts: [{ name: dataVolume, mountPath: spec.data }] }),
    terminationMessagePolicy: "FallbackToLogsOnError",
  };
}
