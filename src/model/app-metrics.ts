/** What is told of an app's last hours: by the platform, to `nagi metrics` and whoever asks. */

/** Numbers of one step; what was not measured is absent. */
export interface MetricStep {
  readonly requestsPerSecond: number;
  /** Share of the answers with a status of 500 or above, 0 to 1. */
  readonly errorShare: number;
  readonly p50Ms?: number | undefined;
  readonly p95Ms?: number | undefined;
  readonly p99Ms?: number | undefined;
  /** By process type. */
  readonly processes: Readonly<Record<string, ProcessUse>>;
}

/** Of all instances together; bytes of the last five are those of a second. */
export interface ProcessUse {
  readonly instances: number;
  readonly cpuMillis: number;
  readonly memoryBytes: number;
  /** Share of the time that instances were denied the processor by their limit, in thousandths, added up. */
  readonly throttledMillis: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
  /** Since the pods were made. */
  readonly restarts: number;
}

export interface AppMetrics {
  readonly app: string;
  readonly namespace: string;
  readonly stepSeconds: number;
  /** When the last step ended, RFC 3339. */
  readonly time: string;
  /** The oldest first. */
  readonly steps: readonly MetricStep[];
  /** Over all of them together. */
  readonly overall: {
    readonly requests: number;
    readonly errors: number;
    readonly p50Ms?: number | undefined;
    readonly p95Ms?: number | undefined;
    readonly p99Ms?: number | undefined;
  };
}
