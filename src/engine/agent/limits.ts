/** The agent's limits and paces, in one place. Where one was found by measuring, it says so. */

import { availableParallelism } from "node:os";

export const maxPodsPerNode = 110;

/**
 * Containers that are created and started at a time, over all nodes. Starting takes a processor (engine, monitor, runtime), and
 * one is left to those that answer: on 2 CPUs ten containers take a tenth longer one by one than two by two, and who asks
 * another app meanwhile waits half as long.
 */
export const parallelStarts = Math.min(16, Math.max(1, availableParallelism() - 1));
/** One that takes longer, as on an engine that hangs, holds up the others no more. */
export const startOvertimeMs = 5000;

/** All containers are listed this often, because events can be lost. */
export const relistMs = 15_000;
/** Containers that are inspected at a time, of those that a listing showed to have changed. */
export const parallelInspections = 4;
/** An event stream that broke is opened again after this. */
export const eventsRetryBackoff = { baseMs: 100, capMs: 5000 };

/** Kubernetes' back-off of containers that end: at once, then 10 s, doubled up to 5 min. */
export const crashBackoff = { firstMs: 10_000, capMs: 300_000 };
/** A container that ran this long starts its back-off from the beginning. */
export const crashBackoffResetMs = 600_000;

/** When no container runs at the start of the agent, as after a reboot, all start anew for this long. */
export const anewMs = 5 * 60_000;
/** A container that ends meanwhile is tried again after this. */
export const anewRetryMs = 1000;

export const pullBackoff = { baseMs: 10_000, capMs: 300_000 };
export const pullMaxMs = 30 * 60_000;
/** Of containers that the engine could not create or start. */
export const startBackoff = { baseMs: 1000, capMs: 60_000 };
/** How long one attempt to remove a container may take: some 100 ms are usual. */
export const removalMaxMs = 60_000;
/** A pod whose containers have ended and cannot be removed is let go of after this. */
export const removalGiveUpMs = 120_000;
/** Of what waits for something that a user may create at any moment: a missing ConfigMap or Secret. */
export const configBackoff = { baseMs: 500, capMs: 5000 };
/** Of a start, an end or a removal that the engine did not do: it may be back any moment. */
export const stepBackoff = { baseMs: 100, capMs: 2000 };
/** Of calls to the API. */
export const apiBackoff = { baseMs: 100, capMs: 10_000 };

/** Files from ConfigMaps and Secrets are compared with the objects this often. */
export const volumeRefreshMs = 30_000;
/** What one volume of files may hold. */
export const volumeFilesMaxBytes = 16 * 1024 * 1024;

/** A container that is killed after a preStop hook used its grace up still gets this long. */
export const minGraceAfterHookMs = 2000;
/** How long a killed container may take to be gone before the kill is sent again. */
export const killRetryMs = 5000;
/** While a container's end is awaited it is looked at beside the engine's events, which may come late; each look costs the engine some 10 ms. */
export const exitPoll = { baseMs: 50, capMs: 2000 };

/**
 * A probe's command whose time is over goes on in its container, for an engine cannot be told to end it. Until it has ended the
 * probe fails without a further one, but no longer than this: else a busy machine would get ever more to do.
 */
export const goesOnMaxMs = 30_000;
export const probeOutputMaxBytes = 10 * 1024;
export const hookOutputMaxBytes = 4 * 1024;
export const hookMaxMs = 10 * 60_000;
/**
 * Until a probe holds for the first time it is tried at these distances too, within its period; such tries count
 * for success only. A container that is ready 50 ms after its start is seen so at once, not a period later.
 */
export const earlyProbes = {
  /** The distance is this share of the container's age. */
  network: { minMs: 10, share: 0.2 },
  /** Starting a process in a container costs the engine some 100 ms of CPU. */
  exec: { minMs: 250, share: 1 },
};

export const terminationMessageMaxBytes = 4096;
export const terminationLogTailLines = 80;
export const terminationLogMaxBytes = 2048;

export const leaseSeconds = 40;
export const leaseRenewMs = 10_000;
/** The node's status is written when it changed, and at least this often. */
export const nodeStatusMs = 5 * 60_000;
/** What the machine uses is measured this often, and told when it changed much, else this often. */
export const measureMs = 15_000;
export const quietMeasureMs = 60_000;
/** Over how long the use of the pods is averaged. */
export const averageUseMs = 15 * 60_000;
export const pidPressureFraction = 0.05;

/** How often it is seen whether memory or disk run short: a program can fill either within seconds. */
export const evictionCheckMs = 2000;
/** A pod that is evicted ends within this, whatever it asked for. */
export const evictionGraceSeconds = 2;
/** How long the end of an evicted pod is waited for before the machine is looked at again. */
export const evictionWaitMs = 30_000;
/** Before pods go, what nobody needs is removed, not more often than this and not for longer than that. */
export const reclaimEveryMs = 60_000;
export const reclaimMaxMs = 30_000;
/** How long a node is said to be short of something after it was last. */
export const pressureTransitionMs = 60_000;

/** A container that follows another on its address is tried again this often while the engine frees it. */
export const addressRetryTimes = 20;
export const addressRetryMs = 50;
