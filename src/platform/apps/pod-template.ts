/** The pods of one process type of a release. The same release, resources and restart always give the same template. */

import { appLabel, processLabel, releaseLabel, webProcess } from "../../model/kinds/nagi/app/app-names.ts";
import type { Container } from "../../model/kinds/core/pod/container.ts";
import type { PodTemplateSpec } from "../../model/kinds/core/pod/pod-spec.ts";
import type { AppChecks } from "../../model/kinds/nagi/app/app-checks.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import type { AppPlacement } from "../../model/kinds/nagi/app/app-placement.ts";
import { processOfVolume, volumeParts, type AppVolume } from "../../model/kinds/nagi/app/app-volumes.ts";
import type { AppProcess } from "../../model/kinds/nagi/app/app-process.ts";
import { defaultPort, releaseContainer } from "../../model/kinds/nagi/release/release-container.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";
import { portName } from "./names.ts";
import { placementSpec } from "../../model/kinds/nagi/app/placement-spec.ts";

const gracePeriodSeconds = 30;
/**
 * Between the endpoint's leaving the router and SIGTERM. Both start with the deletion; without the pause a program
 * that stops at once can close a connection that the router has just sent a request over.
 */
const drainSeconds = 2;

export interface TemplateInput {
  readonly release: Release;
  readonly process: string;
  /** What the app says of the process type. */
  readonly options: ProcessOptions;
}

/** Of all that an app says of a process type, what its pods are made from. */
export interface ProcessOptions extends Pick<
  AppProcess,
  "resources" | "terminationGracePeriodSeconds" | "checks"
> {
  readonly placement?: AppPlacement | undefined;
  readonly volumes?: readonly AppVolume[] | undefined;
}

/** `undefined` for what is not said, so that an app that says nothing new gives what it gave before. */
export function processOptions({ spec }: App, process: string): ProcessOptions {
  const { resources, terminationGracePeriodSeconds, checks } = spec?.processes?.[process] ?? {};
  const own = (spec?.volumes ?? []).filter((each) => processOfVolume(each) === process);
  const volumes = own.length === 0 ? undefined : own;
  return { resources, terminationGracePeriodSeconds, checks, placement: spec?.placement, volumes };
}

export function podTemplate({ release, process, options }: TemplateInput): PodTemplateSpec {
  const { resources, terminationGracePeriodSeconds = podOptions.terminationGracePeriodSeconds } = options;
  const { port = defaultPort, processes } = release.spec;
  const { volumes, volumeMounts } = volumeParts(options.volumes);
  const container: Container = {
    ...processContainer(release, process, processes[process]?.command),
    ...volumeMounts,
    ...(resources === undefined ? {} : { resources }),
    ...(process === webProcess ? webParts(port) : {}),
    ...probes({ ...processes[process]?.checks, ...withoutUndefined(options.checks) }),
  };
  const labels = podLabels(release, process);
  const { [releaseLabel]: _release, ...alike } = labels;
  const placed = placementSpec(options.placement, alike);
  return {
    metadata: { labels },
    spec: { ...podOptions, terminationGracePeriodSeconds, ...placed, ...volumes, containers: [container] },
  };
}

export const podOptions = {
  terminationGracePeriodSeconds: gracePeriodSeconds,
  enableServiceLinks: false,
  automountServiceAccountToken: false,
} as const;

export function podLabels({ spec }: Release, process: string): Record<string, string> {
  return { [appLabel]: spec.app, [processLabel]: process, [releaseLabel]: `v${spec.version}` };
}

export function processContainer(release: Release, process: string, command: string | undefined): Container {
  const { launcher = [] } = release.spec;
  return {
    ...releaseContainer(release, process),
    ...(command === undefined ? {} : { command: [...launcher, ...shellCommand(command)] }),
    // A crash without a last word is explained by the end of the log.
    terminationMessagePolicy: "FallbackToLogsOnError",
  };
}

function webParts(port: number): Partial<Container> {
  return {
    ports: [{ name: portName, containerPort: port }],
    readinessProbe: { tcpSocket: { port }, periodSeconds: 1, failureThreshold: 3 },
    lifecycle: { preStop: { sleep: { seconds: drainSeconds } } },
  };
}

/** What the app says of a check wins over what its source says, and both over the one that web has anyway. */
function probes({ startup, readiness, liveness }: AppChecks): Partial<Container> {
  return {
    ...(startup === undefined ? {} : { startupProbe: startup }),
    ...(readiness === undefined ? {} : { readinessProbe: readiness }),
    ...(liveness === undefined ? {} : { livenessProbe: liveness }),
  };
}

function withoutUndefined(checks: AppChecks = {}): AppChecks {
  return Object.fromEntries(Object.entries(checks).filter(([, value]) => value !== undefined));
}

const shellOnly = /[;&|<>()`\n\\]|\$\(|^\s*\w+=|^\s*(?:exec|cd|export|set|if|for|while|case|\.|!|\{)(?:\s|$)/;

/** One plain command replaces the shell, so that signals reach it; what needs a shell keeps it. */
export function shellCommand(command: string): string[] {
  const plain = !shellOnly.test(command);
  return ["/bin/sh", "-c", plain ? `exec ${command.trim()}` : command];
}
