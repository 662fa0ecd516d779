/** The named limits of the API server. `createApiServer` takes overrides, so that tests can reach them. */

export interface Limits {
  /** Largest request body. */
  readonly bodyBytes: number;
  /** Deepest nesting of objects and arrays in a body. */
  readonly nesting: number;
  /** Largest request line and headers together. */
  readonly headerBytes: number;
  /** Requests that are neither watches nor followed logs, at once. */
  readonly requests: number;
  /** Watches and followed logs at once, over HTTPS. */
  readonly streams: number;
  /** Open connections; more are closed at once. */
  readonly connections: number;
  /** What may wait for a slow watcher's connection beyond its first list; past it the watch ends with 410. */
  readonly watchBufferBytes: number;
  /** The same for a watcher in this process, in events. */
  readonly watchBufferEvents: number;
  /** A watch whose client asks for no timeout ends after this; clients start a new one from where it was. */
  readonly watchMs: number;
  /** A followed log that is silent for this long is begun all the same: clients do not wait for ever for an answer. */
  readonly logHeadMs: number;
  readonly bookmarkMs: number;
  /** How long a client may take to send a request. */
  readonly receiveMs: number;
  /** How long a connection may stay open unused: long, so that clients seldom meet one that is just closing. */
  readonly idleMs: number;
  /** Random names tried for one `generateName`. */
  readonly generatedNames: number;
  readonly patchOperations: number;
  /** Objects that one deletion of a collection removes at once. */
  readonly parallelDeletes: number;
  /** Events older than this are removed. */
  readonly eventAgeMs: number;
  readonly eventSweepMs: number;
  /** Events removed in one sweep. */
  readonly eventsPerSweep: number;
  /** Checked tokens that are remembered for a moment. */
  readonly tokenCache: number;
  /** How long a client's connection may stay open after the server has begun to close. */
  readonly closeMs: number;
}

export const defaultLimits: Limits = {
  bodyBytes: 3 * 1024 * 1024,
  nesting: 100,
  headerBytes: 64 * 1024,
  requests: 400,
  streams: 1_000,
  connections: 4_000,
  watchBufferBytes: 16 * 1024 * 1024,
  watchBufferEvents: 200_000,
  watchMs: 45 * 60_000,
  logHeadMs: 1_000,
  bookmarkMs: 60_000,
  receiveMs: 60_000,
  idleMs: 120_000,
  generatedNames: 8,
  patchOperations: 10_000,
  parallelDeletes: 64,
  eventAgeMs: 60 * 60_000,
  eventSweepMs: 5 * 60_000,
  eventsPerSweep: 5_000,
  tokenCache: 1_000,
  closeMs: 2_000,
};
