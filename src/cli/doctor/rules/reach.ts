/** Requests that do not get where they should, or come back late. */

import { webProcess } from "../../../model/kinds/nagi/app/app-names.ts";
import { settingOf } from "../../../model/kinds/route/route/route-settings.ts";
import type { Evidence, Finding } from "../evidence.ts";

/** Fewer requests say nothing about how slow an app is. */
const telling = 20;
const slowMs = 1000;
const tooManyErrors = 0.01;
/** One or two may be the doctor's own. */
const tellingUnserved = 3;

export function scaledToZero({ app, releases, webSleeps }: Evidence): Finding[] {
  const isLive = releases.some(({ status }) => status?.phase === "Live");
  const web = app.status?.processes?.[webProcess];
  if (!isLive || web?.desired !== 0) return [];
  if (app.spec?.processes?.[webProcess]?.stopped === true)
    return [
      {
        cause: "Stopped",
        severity: "note",
        text: "it was stopped, so that nobody answers",
        evidence: ["web is stopped"],
        next: [`nagi start --app ${app.metadata.name}`],
      },
    ];
  if (webSleeps === true) return [];
  return [
    {
      cause: "ScaledToZero",
      severity: "error",
      text: "no web process is wanted, so that nobody answers",
      evidence: ["web is scaled to 0"],
      next: [`nagi scale web=1 --app ${app.metadata.name}`],
    },
  ];
}

export function noWeb({ app, releases }: Evidence): Finding[] {
  const live = releases.find(({ status }) => status?.phase === "Live");
  if (live === undefined || live.spec.processes[webProcess] !== undefined) return [];
  const types = Object.keys(live.spec.processes).join(", ");
  return [
    {
      cause: "NoWebProcess",
      severity: "note",
      text: "it has no process type web, so that it has no address",
      evidence: [`v${live.spec.version} has ${types === "" ? "no process types" : types}`],
      next: [`add a line "web: COMMAND" to the Procfile of ${app.metadata.name}, and push`],
    },
  ];
}

export function refusedRoutes({ app, routes }: Evidence): Finding[] {
  return routes.flatMap(({ metadata, spec, status }) =>
    (status?.ingress ?? []).flatMap(({ conditions = [] }) =>
      conditions
        .filter(({ type, status: admitted }) => type === "Admitted" && admitted === "False")
        .map(({ reason, message }): Finding => ({
          cause: reason ?? "NotAdmitted",
          severity: "error",
          text: `the router does not serve the host ${spec.host ?? ""}`,
          evidence: [`route ${metadata.name}: ${message ?? reason ?? ""}`],
          next: [`nagi routes --app ${app.metadata.name}`, "nagi get routes --all-namespaces"],
        })),
    ),
  );
}

export function unresolvedHosts({ unresolvedHosts: hosts }: Evidence): Finding[] {
  return hosts.map((host) => ({
    cause: "NoAddress",
    severity: "warning",
    text: `the name ${host} leads nowhere`,
    evidence: ["the name servers of this machine know no address for it"],
    next: [`at your domain's provider, let ${host} lead to the address of the platform's machine`],
  }));
}

export function badCertificates({ app, certificates }: Evidence): Finding[] {
  return certificates.map(({ host, trouble }) => ({
    cause: "BadCertificate",
    severity: "error",
    text: `clients refuse https://${host}: its certificate is not good`,
    evidence: [`a TLS client that asked for ${host} was told: ${trouble}`],
    next: [`nagi certs --app ${app.metadata.name}`, `nagi routes --app ${app.metadata.name}`],
  }));
}

export function inMaintenance(evidence: Evidence): Finding[] {
  if (!isInMaintenance(evidence)) return [];
  const { name } = evidence.app.metadata;
  return [
    {
      cause: "InMaintenance",
      severity: "note",
      text: "it is in maintenance: the router answers 503 in its place",
      evidence: [`route ${name} has nagi.dev/maintenance`],
      next: [`nagi maintenance off --app ${name}`],
    },
  ];
}

function isInMaintenance({ app, routes }: Evidence): boolean {
  const own = routes.find(({ metadata }) => metadata.name === app.metadata.name);
  return own !== undefined && settingOf(own, "maintenance") !== undefined;
}

export function noAnswer(evidence: Evidence): Finding[] {
  const { app, answer, pods } = evidence;
  if (answer === undefined) return [];
  const isReady = pods.some(({ status }) => status?.containerStatuses?.every(({ ready }) => ready) === true);
  const { name = "" } = app.metadata;
  const asked = `GET ${answer.url} after ${answer.tookMs} ms: ${answer.failure ?? `status ${answer.status}`}`;
  if (answer.status === undefined)
    return [
      {
        cause: "RouterUnreachable",
        severity: "error",
        text: "the router does not answer",
        evidence: [asked],
        next: ["nagi status", "nagi up --detach"],
      },
    ];
  if (answer.status < 500 || (answer.status === 503 && isInMaintenance(evidence))) return [];
  return [
    {
      cause: isReady ? "AnswersWithError" : "NobodyAnswers",
      severity: "error",
      text: isReady
        ? `its address answers with status ${answer.status}`
        : `nobody answers at its address (status ${answer.status})`,
      evidence: [asked],
      next: [`nagi logs --app ${name}`, `nagi ps ${name}`],
    },
  ];
}

export function errorsAndWaits(evidence: Evidence): Finding[] {
  const { app, traffic } = evidence;
  const { name = "" } = app.metadata;
  const { requests, appErrors, unserved, failing, slowest } = traffic;
  const of = `of ${requests} requests in the last 15 minutes`;
  const found: Finding[] = [];
  if (unserved >= tellingUnserved && !isInMaintenance(evidence))
    found.push({
      cause: "UnservedRequests",
      severity: "warning",
      text: "the router found no process for some requests",
      evidence: [`${unserved} ${of} were answered by the router itself`],
      next: [`nagi logs --app ${name} --process router`, `nagi scale web+1 --app ${name}`],
    });
  if (appErrors > 0 && appErrors >= requests * tooManyErrors)
    found.push({
      cause: "AppErrors",
      severity: "warning",
      text: `it answers ${percent(appErrors / requests)} of the requests with an error`,
      evidence: [
        `${appErrors} ${of} got a status of 500 or above`,
        ...failing.map(({ path, count }) => `${path}: ${count}`),
      ],
      next: [`nagi logs --app ${name}`, `nagi releases --app ${name}`],
    });
  if (requests >= telling && traffic.p95Ms >= slowMs)
    found.push({
      cause: "Slow",
      severity: "warning",
      text: `it is slow: one request in twenty takes ${secondsText(traffic.p95Ms)} or longer`,
      evidence: [
        `half of ${requests} requests took up to ${secondsText(traffic.p50Ms)}`,
        ...slowest.map(
          ({ path, count, p95Ms }) => `${path}: 95 % within ${secondsText(p95Ms)} (${count} requests)`,
        ),
      ],
      next: [`nagi logs --app ${name}`, `nagi scale web+1 --app ${name}`],
    });
  return found;
}

function percent(share: number): string {
  return `${share >= 0.1 ? Math.round(share * 100) : (share * 100).toFixed(1)} %`;
}

function secondsText(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}
