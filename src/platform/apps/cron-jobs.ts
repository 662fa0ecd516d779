/** The cron jobs of an app, as they should be: of the release that is live. Pure. */

import { cronLabel, webProcess } from "../../model/kinds/nagi/app/app-names.ts";
import { cronJob, type CronJob } from "../../model/kinds/batch/cronjob/cronjob.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { sharedVolumes, volumeParts } from "../../model/kinds/nagi/app/app-volumes.ts";
import type { AppCron } from "../../model/kinds/nagi/app/app-cron.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";
import { newObject } from "../../model/kind.ts";
import { digest } from "./digest.ts";
import { ownedMeta, templateAnnotation } from "./names.ts";
import { placementSpec } from "../../model/kinds/nagi/app/placement-spec.ts";
import { podLabels, podOptions, processContainer, type ProcessOptions } from "./pod-template.ts";

/** Of the whole name of a CronJob, as Kubernetes has it. */
const nameMax = 52;
const digestLength = 8;
/** Of each kind: enough to see what became of the last nights. */
const keptJobs = 3;

interface Entry extends AppCron {
  readonly schedule: string;
  readonly command: string;
}

/** By name: those of app.json with what the app says of them, and the app's own. */
export function wantedCron({ spec }: App, target: Release | undefined): ReadonlyMap<string, Entry> {
  const wanted = new Map<string, Entry>();
  if (target === undefined) return wanted;
  const { cron: released = {} } = target.spec;
  const own = spec?.cron ?? {};
  for (const name of new Set([...Object.keys(released), ...Object.keys(own)])) {
    const { schedule, command, ...others }: AppCron = { ...released[name], ...own[name] };
    // Without them it is what is left of an entry whose source has gone.
    if (schedule !== undefined && command !== undefined) wanted.set(name, { schedule, command, ...others });
  }
  return wanted;
}

function cronJobName(app: string, name: string): string {
  const whole = `${app}-${name}`;
  if (whole.length <= nameMax) return whole;
  return `${whole.slice(0, nameMax - digestLength - 1)}-${digest(whole).slice(0, digestLength)}`;
}

export interface CronTarget {
  readonly name: string;
  readonly entry: Entry;
  readonly present?: CronJob | undefined;
}

/** `present` keeps what is not ours to say; a job that runs is what it was when it was made. */
export function appCronJob(app: App, target: Release, { name, entry, present }: CronTarget): CronJob {
  const resources = app.spec?.processes?.[webProcess]?.resources;
  const placement = app.spec?.placement;
  const volumes = sharedVolumes(app.spec?.volumes);
  const from = [target.metadata.name, target.metadata.uid, entry, resources ?? null];
  const further = [
    ...(placement === undefined ? [] : [placement]),
    ...(volumes.length === 0 ? [] : [volumes]),
  ];
  const madeFrom = digest([...from, ...further]);
  const annotations = { [templateAnnotation]: madeFrom };
  if (present?.metadata.annotations?.[templateAnnotation] === madeFrom) return present;
  const spec = cronSpec(target, { name, entry }, { resources, placement, volumes });
  if (present !== undefined) {
    const { metadata } = present;
    const annotated = { ...metadata, annotations: { ...metadata.annotations, ...annotations } };
    return { ...present, metadata: annotated, spec };
  }
  const { name: appName = "" } = app.metadata;
  const metadata = { ...ownedMeta(app, cronJobName(appName, name), { [cronLabel]: name }), annotations };
  return newObject<CronJob>(cronJob, metadata, { spec });
}

function cronSpec(
  target: Release,
  { name, entry }: CronTarget,
  { resources, placement, volumes: seen }: Pick<ProcessOptions, "resources" | "placement" | "volumes">,
): CronJob["spec"] {
  // A dot is in no name of a process type: the pods are taken for nobody else's.
  const process = `cron.${name}`;
  const labels = { ...podLabels(target, process), [cronLabel]: name };
  const { volumes, volumeMounts } = volumeParts(seen);
  const container = {
    ...processContainer(target, process, entry.command),
    ...volumeMounts,
    name: "cron",
    ...(resources === undefined ? {} : { resources }),
  };
  const { timeLimitSeconds, startingDeadlineSeconds, timeZone } = entry;
  return {
    schedule: entry.schedule,
    ...(timeZone === undefined ? {} : { timeZone }),
    concurrencyPolicy: entry.concurrencyPolicy ?? "Forbid",
    suspend: entry.suspend ?? false,
    ...(startingDeadlineSeconds === undefined ? {} : { startingDeadlineSeconds }),
    successfulJobsHistoryLimit: keptJobs,
    failedJobsHistoryLimit: keptJobs,
    jobTemplate: {
      metadata: { labels },
      spec: {
        // The schedule is the next try.
        backoffLimit: 0,
        ...(timeLimitSeconds === undefined ? {} : { activeDeadlineSeconds: timeLimitSeconds }),
        template: {
          metadata: { labels },
          spec: {
            ...podOptions,
            ...placementSpec(placement),
            ...volumes,
            restartPolicy: "Never",
            containers: [container],
          },
        },
      },
    },
  };
}
