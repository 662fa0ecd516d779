/** Why an app is slow, or soon will be: what its processes want and are not given. */

import { processLabel } from "../../../model/kinds/nagi/app/app-names.ts";
import type { MetricStep, ProcessUse } from "../../../model/app-metrics.ts";
import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import { byteValue, milliValue } from "../../../model/quantity.ts";
import type { Evidence, Finding } from "../evidence.ts";

/** The last five minutes count: 20 steps of 15 seconds. */
const recentSteps = 20;
/** Fewer requests say nothing about how slow an app is. */
const tellingRequests = 20;
const slowMs = 1000;
const denied = 0.1;
const nearlyFull = 0.9;
const oneProcessorMillis = 1000;
/** What a process type uses of a processor before anybody speaks of it. */
const idleMillis = 50;

interface Recent {
  readonly process: string;
  /** Means of one instance. */
  readonly instances: number;
  readonly cpuMillis: number;
  readonly memoryBytes: number;
  readonly deniedShare: number;
}

export function starved(evidence: Evidence): Finding[] {
  const steps = evidence.metrics?.steps.slice(-recentSteps) ?? [];
  return recentUse(steps).flatMap((use) => {
    const pod = evidence.pods.find(({ metadata }) => metadata.labels?.[processLabel] === use.process);
    if (pod === undefined) return [];
    const limits = limitsOf(pod);
    return [
      ...cpuFindings(evidence, use, limits.cpuMillis),
      ...memoryFindings(evidence, use, limits.memoryBytes),
    ];
  });
}

function cpuFindings({ app, metrics }: Evidence, use: Recent, limitMillis: number | undefined): Finding[] {
  const { name = "" } = app.metadata;
  const { process, deniedShare, cpuMillis, instances } = use;
  const used = `each of ${instances} used ${Math.round(cpuMillis)}m of ${limitMillis === undefined ? "a processor" : `its limit of ${limitMillis}m`} in the last minutes`;
  const more = [`nagi scale ${process}+1 --app ${name}`, `nagi metrics ${name}`];
  if (limitMillis !== undefined && cpuMillis > idleMillis && deniedShare >= denied)
    return [
      {
        cause: "CpuLimitReached",
        severity: "warning",
        text: `${process} is held back by its processor limit`,
        evidence: [
          `it waited for the processor ${percent(deniedShare)} of the time, denied by its limit`,
          used,
        ],
        next: [`nagi resize ${process} --cpu-limit ${doubled(limitMillis)} --app ${name}`, ...more],
      },
    ];
  // Most run their code on one processor at a time, so that a whole one is all that they can use.
  const isBusy = cpuMillis >= nearlyFull * Math.min(limitMillis ?? oneProcessorMillis, oneProcessorMillis);
  if (!isBusy || (metrics?.overall.p95Ms ?? 0) < slowMs) return [];
  return [
    {
      cause: "CpuBusy",
      severity: "warning",
      text: `${process} is busy computing, which makes it slow`,
      evidence: [used, latencyText(metrics?.overall)],
      next: more,
    },
  ];
}

function memoryFindings({ app }: Evidence, use: Recent, limitBytes: number | undefined): Finding[] {
  if (limitBytes === undefined || use.memoryBytes < nearlyFull * limitBytes) return [];
  const { name = "" } = app.metadata;
  return [
    {
      cause: "MemoryNearLimit",
      severity: "warning",
      text: `${use.process} is close to its memory limit: above it, it is killed`,
      evidence: [`each of ${use.instances} uses ${mebi(use.memoryBytes)} of ${mebi(limitBytes)}`],
      next: [
        `nagi resize ${use.process} --memory ${mebi(limitBytes * 2)} --app ${name}`,
        `nagi metrics ${name}`,
      ],
    },
  ];
}

export function queueing({ app, routeMetrics, metrics }: Evidence): Finding[] {
  const waiting = routeMetrics.reduce((sum, { queued = 0 }) => sum + queued, 0);
  if (waiting === 0) return [];
  const { name = "" } = app.metadata;
  return [
    {
      cause: "RequestsWait",
      severity: "warning",
      text: "requests wait in the router for a process to be free",
      evidence: [`${waiting} were waiting when the router counted last`, latencyText(metrics?.overall)],
      next: [`nagi scale web+1 --app ${name}`, `nagi metrics ${name} --follow`],
    },
  ];
}

/** The machine's own processors, when the app is slow and nothing of its own says why. */
export function busyMachine({ app, nodeUses, metrics, pods }: Evidence): Finding[] {
  const { requests = 0, p95Ms = 0 } = metrics?.overall ?? {};
  if (requests < tellingRequests || p95Ms < slowMs) return [];
  const used = new Set(pods.map(({ spec }) => spec.nodeName));
  return nodeUses
    .filter(({ node, cpuShare }) => used.has(node) && cpuShare >= nearlyFull)
    .map(({ node, cpuShare }) => ({
      cause: "MachineBusy",
      severity: "warning",
      text: `the node ${node}, where some of it runs, has no processor time left`,
      evidence: [
        `${percent(cpuShare)} of its processors are in use, by all apps together`,
        latencyText(metrics?.overall),
      ],
      next: ["kubectl top pods --all-namespaces", `nagi placement ${app.metadata.name}`],
    }));
}

function recentUse(steps: readonly MetricStep[]): Recent[] {
  const types = new Set(steps.flatMap(({ processes }) => Object.keys(processes)));
  return [...types].flatMap((process): Recent[] => {
    const uses = steps.flatMap(({ processes }) => processes[process] ?? []);
    const instances = uses.at(-1)?.instances ?? 0;
    const each = (field: keyof ProcessUse): number =>
      uses.reduce((sum, use) => sum + use[field] / use.instances, 0) / uses.length;
    return instances === 0
      ? []
      : [
          {
            process,
            instances,
            cpuMillis: each("cpuMillis"),
            memoryBytes: each("memoryBytes"),
            deniedShare: each("throttledMillis") / 1000,
          },
        ];
  });
}

function limitsOf({ spec }: Pod): { readonly cpuMillis?: number; readonly memoryBytes?: number } {
  const limits = spec.containers[0]?.resources?.limits ?? {};
  return {
    ...(limits["cpu"] === undefined ? {} : { cpuMillis: milliValue(limits["cpu"]) }),
    ...(limits["memory"] === undefined ? {} : { memoryBytes: byteValue(limits["memory"]) }),
  };
}

function latencyText(
  overall: { readonly requests: number; readonly p95Ms?: number | undefined } | undefined,
): string {
  const { requests = 0, p95Ms } = overall ?? {};
  return p95Ms === undefined
    ? "it had no requests in the last 15 minutes"
    : `95 of 100 of ${requests} requests took up to ${p95Ms} ms in the last 15 minutes`;
}

function doubled(millis: number): string {
  return millis % 500 === 0 ? String((millis * 2) / 1000) : `${millis * 2}m`;
}

function mebi(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)}Mi`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
