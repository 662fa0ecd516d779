/** The objects that an app consists of, as they should be. Pure. */

import { replicasOf } from "../../model/kinds/nagi/app/process-replicas.ts";
import {
  appLabel,
  configName,
  processLabel,
  releaseLabel,
  webProcess,
} from "../../model/kinds/nagi/app/app-names.ts";
import { deployment, type Deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import { secret, type Secret } from "../../model/kinds/core/secret/secret.ts";
import { service, type Service } from "../../model/kinds/core/service/service.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { parseDomain, type AppDomain } from "../../model/kinds/nagi/app/app-domain.ts";
import { release, type Release } from "../../model/kinds/nagi/release/release.ts";
import { route, type Route } from "../../model/kinds/route/route/route.ts";
import type { PodTemplateSpec } from "../../model/kinds/core/pod/pod-spec.ts";
import { newObject } from "../../model/kind.ts";
import { deploymentName, ownedMeta, portName, releaseName, templateAnnotation } from "./names.ts";
import { chooseStrategy, markedWith } from "./deploy-strategy.ts";
import { digest } from "./digest.ts";
import { podTemplate, processOptions } from "./pod-template.ts";
import type { NewRelease } from "./release-plan.ts";
import type { ConfigData } from "./release-text.ts";
import { defaultStartTimeoutSeconds, deployedAnnotation } from "./rollout.ts";

const servicePort = 80;
const nameMaxLength = 253;
/** Rollbacks make a release; old replica sets are only of use to whoever looks at them. */
const revisionHistoryLimit = 2;
/** What no check asks is ready when it runs, and may end the next moment: so long it must go on to count. */
const settleSeconds = 3;

export function configSecret(app: App, data: ConfigData): Secret {
  const metadata = ownedMeta(app, configName(app.metadata.name ?? ""));
  return newObject<Secret>(secret, metadata, { type: "Opaque", data: { ...data } });
}

/** The config vars of one release, which never change. */
export function releaseSecret(app: App, { spec, config }: NewRelease): Secret {
  const metadata = ownedMeta(app, spec.configSecret, { [releaseLabel]: `v${spec.version}` });
  return newObject<Secret>(secret, metadata, { type: "Opaque", data: { ...config }, immutable: true });
}

export function newRelease(app: App, { spec, annotations }: NewRelease): Release {
  const metadata = ownedMeta(app, releaseName(spec.app, spec.version));
  return newObject<Release>(release, { ...metadata, annotations: { ...annotations } }, { spec });
}

export function appService(app: App): Service {
  const { name = "" } = app.metadata;
  return newObject<Service>(service, ownedMeta(app, name), {
    spec: {
      selector: { [appLabel]: name, [processLabel]: webProcess },
      ports: [{ name: portName, port: servicePort, targetPort: portName, protocol: "TCP" }],
    },
  });
}

/** Apps of other namespaces have the namespace in their host, so that names do not meet. */
export function appHost(app: App, domain: string): string {
  const { name, namespace = "default" } = app.metadata;
  return namespace === "default" ? `${name}.${domain}` : `${name}-${namespace}.${domain}`;
}

/** One for the app's own host, named like the app, and one for each further domain. */
export function appRoutes(app: App, domain: string): Route[] {
  const { name = "" } = app.metadata;
  const routeFor = (routeName: string, where: Partial<Route["spec"]>): Route =>
    newObject<Route>(route, ownedMeta(app, routeName), {
      spec: { ...where, to: { kind: "Service", name, weight: 100 }, port: { targetPort: portName } },
    });
  const further = (app.spec?.domains ?? []).flatMap((text) => {
    const parsed = parseDomain(text);
    if (parsed === undefined) return [];
    const { host, isWildcard, path } = parsed;
    const where = {
      host: isWildcard ? `wildcard.${host}` : host,
      ...(path !== "" && { path }),
      ...(isWildcard && { wildcardPolicy: "Subdomain" as const }),
    };
    return [routeFor(domainRouteName(name, text, parsed), where)];
  });
  return [routeFor(name, { host: appHost(app, domain) }), ...further];
}

function domainRouteName(name: string, text: string, { host, isWildcard, path }: AppDomain): string {
  const plain = `${name}.${host}`;
  const isPlain = !isWildcard && path === "" && plain.length <= nameMaxLength;
  return isPlain
    ? plain
    : `${plain.slice(0, nameMaxLength - 20).replace(/[-.]+$/, "")}-${digest(text).slice(0, 8)}`;
}

export interface WantedDeployment {
  /** What it runs. */
  readonly target: Release;
  readonly process: string;
  /** Keeps what is not ours to say. */
  readonly present?: Deployment | undefined;
  /** As many as the app says, when absent. */
  readonly replicas?: number | undefined;
}

/** The deployment of a process type as it should be. */
export function appDeployment(app: App, wanted: WantedDeployment): Deployment {
  const { target, process, present } = wanted;
  const { name: appName = "" } = app.metadata;
  const template = podTemplate({ release: target, process, options: processOptions(app, process) });
  const madeFrom = templateMark(app, wanted);
  const annotations = { [templateAnnotation]: madeFrom, [deployedAnnotation]: target.metadata.name ?? "" };
  const labels = { [processLabel]: process };
  const { replicas = replicasOf(app, process) } = wanted;
  const progressDeadlineSeconds = app.spec?.startTimeoutSeconds ?? defaultStartTimeoutSeconds;
  if (present === undefined) {
    const chosen = chooseStrategy(app, template, present);
    const metadata = {
      ...ownedMeta(app, deploymentName(appName, process), labels),
      annotations: markedWith(chosen, annotations),
    };
    return newObject<Deployment>(deployment, metadata, {
      spec: {
        replicas,
        selector: { matchLabels: { [appLabel]: appName, ...labels } },
        strategy: chosen.strategy,
        ...settling(template, progressDeadlineSeconds, 0),
        progressDeadlineSeconds,
        revisionHistoryLimit,
        template,
      },
    });
  }
  const isSame = present.metadata.annotations?.[templateAnnotation] === madeFrom;
  const next = isSame ? present.spec.template : template;
  const chosen = chooseStrategy(app, next, present);
  const marked = markedWith(chosen, { ...present.metadata.annotations, ...annotations });
  const { minReadySeconds = 0, ...spec } = present.spec;
  return {
    ...present,
    metadata: { ...present.metadata, annotations: marked },
    spec: {
      ...spec,
      replicas,
      strategy: chosen.strategy,
      ...settling(next, progressDeadlineSeconds, minReadySeconds),
      progressDeadlineSeconds,
      template: next,
    },
  };
}

/** Somebody may want more than `settleSeconds`; the deadline must be later. */
function settling(
  { spec }: PodTemplateSpec,
  deadlineSeconds: number,
  presentSeconds: number,
): Pick<Deployment["spec"], "minReadySeconds"> {
  const isAsked = spec?.containers.some(({ readinessProbe, startupProbe }) => readinessProbe ?? startupProbe);
  const wanted = presentSeconds > settleSeconds ? presentSeconds : isAsked === true ? 0 : settleSeconds;
  const seconds = Math.min(wanted, deadlineSeconds - 1);
  return seconds === 0 ? {} : { minReadySeconds: seconds };
}

/** What the process's template is made from, for `templateAnnotation`. */
export function templateMark(
  app: App,
  { target: { metadata }, process }: Pick<WantedDeployment, "target" | "process">,
): string {
  const { resources, ...others } = processOptions(app, process);
  return digest([metadata.name, metadata.uid, process, resources, ...said(others)]);
}

/** Nothing when nothing is said: what was deployed before there was this option is not made anew. */
function said(options: object): object[] {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? [] : [Object.fromEntries(entries)];
}
