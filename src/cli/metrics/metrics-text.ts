/** What `nagi metrics` shows. Pure. */

import type { AppMetrics, MetricStep, ProcessUse } from "../../model/app-metrics.ts";
import { columns } from "../format.ts";
import { sparkline } from "./chart.ts";

interface Row {
  readonly name: string;
  readonly values: readonly (number | undefined)[];
  readonly text: (value: number) => string;
  /** When all of it is zero. */
  readonly mayBeLeftOut: boolean;
}

const shownWidthMax = 120;
/** What stands beside a chart. */
const besideWidth = 58;

export interface Shown {
  /** Of the terminal; undefined for numbers only. */
  readonly width: number | undefined;
}

export function metricsText(metrics: AppMetrics, { width }: Shown): string {
  const { steps, stepSeconds, overall, app } = metrics;
  if (steps.length === 0)
    return `Nothing has been measured of ${app} yet: numbers come every ${stepSeconds} seconds.\n`;
  const chartWidth = width === undefined ? 0 : Math.max(10, Math.min(shownWidthMax, width - besideWidth));
  const rows = rowsOf(steps)
    .filter(({ values, mayBeLeftOut }) => !mayBeLeftOut || values.some((value) => (value ?? 0) > 0))
    .map((row) => cellsOf(row, chartWidth));
  const heading = [
    "",
    ...(chartWidth > 0 ? [`LAST ${spanText(steps.length * stepSeconds)}`] : []),
    "NOW",
    "MEAN",
    "MAX",
  ];
  const { requests, errors, p50Ms, p95Ms, p99Ms } = overall;
  const latency =
    p50Ms === undefined
      ? ""
      : `; half within ${msText(p50Ms)}, 95 % within ${msText(p95Ms ?? 0)}, 99 % within ${msText(p99Ms ?? 0)}`;
  const share = requests === 0 ? "" : ` (${percentText(errors / requests)})`;
  return (
    `${app}, last ${spanText(steps.length * stepSeconds)}: ${requests} requests, ${errors} errors${share}${latency}\n\n` +
    `${columns([heading, ...rows])}\n`
  );
}

function rowsOf(steps: readonly MetricStep[]): Row[] {
  const always = new Set<keyof ProcessUse>(["instances", "cpuMillis", "memoryBytes"]);
  const ofRouter = (name: string, values: Row["values"], text: Row["text"]): Row => {
    return { name, values, text, mayBeLeftOut: false };
  };
  const types = [...new Set(steps.flatMap(({ processes }) => Object.keys(processes)))].toSorted(webFirst);
  const ofProcess = (type: string, name: string, field: keyof ProcessUse, text: Row["text"]): Row => ({
    name: `${type} ${name}`,
    values: steps.map(({ processes }) => processes[type]?.[field]),
    text,
    mayBeLeftOut: !always.has(field),
  });
  return [
    ofRouter(
      "requests/s",
      steps.map((step) => step.requestsPerSecond),
      (value) => value.toFixed(1),
    ),
    ofRouter(
      "errors",
      steps.map((step) => step.errorShare),
      percentText,
    ),
    ofRouter(
      "p50",
      steps.map((step) => step.p50Ms),
      msText,
    ),
    ofRouter(
      "p95",
      steps.map((step) => step.p95Ms),
      msText,
    ),
    ofRouter(
      "p99",
      steps.map((step) => step.p99Ms),
      msText,
    ),
    ...types.flatMap((type) => [
      ofProcess(type, "instances", "instances", (value) => value.toFixed(value % 1 === 0 ? 0 : 1)),
      ofProcess(type, "cpu", "cpuMillis", (value) => `${Math.round(value)}m`),
      ofProcess(type, "memory", "memoryBytes", bytesText),
      ofProcess(type, "network in", "receivedBytes", (value) => `${bytesText(value)}/s`),
      ofProcess(type, "network out", "sentBytes", (value) => `${bytesText(value)}/s`),
      ofProcess(type, "disk read", "readBytes", (value) => `${bytesText(value)}/s`),
      ofProcess(type, "disk written", "writtenBytes", (value) => `${bytesText(value)}/s`),
      ofProcess(type, "restarts", "restarts", (value) => String(Math.round(value))),
    ]),
  ];
}

function cellsOf({ name, values, text }: Row, chartWidth: number): string[] {
  const known = values.filter((value) => value !== undefined);
  const last = values.at(-1);
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const numbers =
    known.length === 0
      ? ["-", "-", "-"]
      : [last === undefined ? "-" : text(last), text(mean), text(Math.max(...known))];
  return [name, ...(chartWidth > 0 ? [sparkline(values, chartWidth)] : []), ...numbers];
}

function webFirst(a: string, b: string): number {
  return Number(b === "web") - Number(a === "web") || (a < b ? -1 : 1);
}

function msText(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)}ms` : `${(ms / 1000).toFixed(1)}s`;
}

function percentText(share: number): string {
  return share === 0 ? "0%" : share < 0.1 ? `${(share * 100).toFixed(1)}%` : `${Math.round(share * 100)}%`;
}

function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)}${units[unit]}`;
}

function spanText(seconds: number): string {
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes}m` : `${(minutes / 60).toFixed(1).replace(/\.0$/, "")}h`;
}
