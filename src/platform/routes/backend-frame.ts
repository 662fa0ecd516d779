/**
 * Backends cannot be added to a running HAProxy 2.6, and a reload leaves clients with workers that hear of no
 * endpoint any more. So the configuration holds spare backends, and a new route takes one: reloads are rare.
 *
 * What must stay true: an id belongs to one route for ever, so that no request and no line of the access log
 * can be taken for another app's.
 */

/** Spares after a reload. */
const spareCount = 32;
/** Ids of routes that are gone, remembered for the access log. */
const retiredMax = 1000;

export interface BackendFrame {
  /** Ids of all backends of the configuration. */
  readonly ids: readonly string[];
  /** Ids that no route has had yet. */
  readonly spares: readonly string[];
  /** Id by the backend's name. */
  readonly assigned: Readonly<Record<string, string>>;
  /** Name by the id. */
  readonly retired: Readonly<Record<string, string>>;
  /** Number of the next new id. */
  readonly next: number;
}

export const emptyFrame: BackendFrame = { ids: [], spares: [], assigned: {}, retired: {}, next: 1 };

/**
 * The frame in which every name has its id; other `ids` than before need a reload. Those that `ownSection` names never
 * get a spare: nothing may reach them before their section is there, for it may say who may.
 */
export function assignBackends(
  frame: BackendFrame,
  names: readonly string[],
  ownSection: ReadonlySet<string> = new Set(),
): BackendFrame {
  const wanted = new Set(names);
  const kept = Object.entries(frame.assigned).filter(([name]) => wanted.has(name));
  const gone = Object.entries(frame.assigned).filter(([name]) => !wanted.has(name));
  const retired = [
    ...Object.entries(frame.retired),
    ...gone.map(([name, id]): [string, string] => [id, name]),
  ];
  const assigned = Object.fromEntries(kept);
  const isNew = (name: string): boolean => !Object.hasOwn(assigned, name);
  const own = names.filter((name) => isNew(name) && ownSection.has(name));
  const fresh = names.filter((name) => isNew(name) && !ownSection.has(name));
  let { ids, spares, next } = frame;
  for (const name of own) assigned[name] = `r${next++}`;
  if (own.length > 0 || fresh.length > spares.length || ids.length === 0) {
    const more = Math.max(0, fresh.length - spares.length + spareCount);
    const made = Array.from({ length: more }, (_, index) => `r${next + index}`);
    next += more;
    spares = [...spares, ...made];
    ids = [...Object.values(assigned), ...spares];
  }
  fresh.forEach((name, index) => (assigned[name] = spares[index] ?? ""));
  return {
    ids,
    spares: spares.slice(fresh.length),
    assigned,
    retired: Object.fromEntries(retired.slice(-retiredMax)),
    next,
  };
}

/** The frame as it was written, or an empty one when the text is none. */
export function parseFrame(text: string): BackendFrame {
  try {
    return { ...emptyFrame, ...(JSON.parse(text) as Partial<BackendFrame>) };
  } catch {
    return emptyFrame;
  }
}
