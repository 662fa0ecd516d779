/** Every bound of the store by name. */

export interface StoreLimits {
  /** Past events that are kept for watches and lists at a revision; the oldest go first. */
  readonly windowMaxEvents: number;
  /** The same bound in bytes of encoded objects. */
  readonly windowMaxBytes: number;
  /** Largest encoded object. */
  readonly valueMaxBytes: number;
  /** Writes that wait for the disk; beyond it writers are told to come back later. */
  readonly pendingMaxWrites: number;
  readonly pendingMaxBytes: number;
  /** Writes of one commit; what is beyond waits for the next. */
  readonly commitMaxWrites: number;
  /** The same bound in bytes; one write may be larger. */
  readonly commitMaxBytes: number;
  /** Superseded versions that one commit removes from the disk beside its writes. */
  readonly commitMaxRemovals: number;
  /** Pages that the file may have, 0 for no bound (SQLite's `max_page_count`). */
  readonly fileMaxPages: number;
}

const mib = 1024 * 1024;

export const defaultStoreLimits: StoreLimits = {
  windowMaxEvents: 8192,
  windowMaxBytes: 16 * mib,
  valueMaxBytes: 3 * mib,
  pendingMaxWrites: 50_000,
  pendingMaxBytes: 256 * mib,
  commitMaxWrites: 512,
  commitMaxBytes: 4 * mib,
  commitMaxRemovals: 2048,
  fileMaxPages: 0,
};
