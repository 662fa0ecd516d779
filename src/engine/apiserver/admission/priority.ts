/**
 * Priorities: a pod gets its number from the class it names, or from the one that is the default for all; it cannot
 * choose one itself. The classes of the system are there from the start.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
 */

import type { Kind } from "../../../model/kind.ts";
import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import {
  priorityClass,
  systemPriorities,
  type PriorityClass,
} from "../../../model/kinds/scheduling/priorityclass/priorityclass.ts";
import type { Store } from "../../store/store.ts";
import { forbidden } from "../api-errors.ts";
import { createObject } from "../operations/create.ts";
import type { ServerParts } from "../parts.ts";
import type { KindHook } from "./hooks.ts";

const resource = "priorityclasses.scheduling.k8s.io";

/** Follows the classes, so that a pod costs no list of them. */
export class PriorityClasses {
  readonly #store: Store;
  readonly #classes = new Map<string, PriorityClass>();
  #default: PriorityClass | undefined;

  constructor(store: Store) {
    this.#store = store;
    const { revision, entries } = store.list(resource);
    for (const { name, value } of entries) this.#classes.set(name, value as PriorityClass);
    this.#findDefault();
    store.watch({
      resource,
      afterRevision: revision,
      onEvents: (events) => {
        for (const { type, entry } of events) {
          if (type === "DELETED") this.#classes.delete(entry.name);
          else this.#classes.set(entry.name, entry.value as PriorityClass);
        }
        this.#findDefault();
      },
    });
  }

  get(name: string): Pick<PriorityClass, "value" | "preemptionPolicy"> | undefined {
    const known = this.#classes.get(name) ?? this.#store.get({ resource, namespace: "", name })?.value;
    if (known !== undefined) return known as PriorityClass;
    const value = Object.hasOwn(systemPriorities, name) ? systemPriorities[name] : undefined;
    return value === undefined ? undefined : { value };
  }

  /** The class of pods that name none; the lowest, should there be several. */
  get default(): PriorityClass | undefined {
    return this.#default;
  }

  #findDefault(): void {
    const defaults = [...this.#classes.values()].filter(({ globalDefault }) => globalDefault === true);
    this.#default = defaults.sort((a, b) => a.value - b.value)[0];
  }
}

/** Gives a new pod its priority, before its defaults; what it says itself must agree. */
export function admitPriority(kind: Kind, pod: Partial<Pod>, classes: PriorityClasses): void {
  const { spec, metadata } = pod;
  if (spec === undefined) return;
  const refuse = (why: string) => forbidden(kind, metadata?.name ?? "", why);
  const named = spec.priorityClassName ?? "";
  const found = named === "" ? classes.default : classes.get(named);
  if (named !== "" && found === undefined) throw refuse(`no PriorityClass with name ${named} was found`);
  const { value = 0, preemptionPolicy = "PreemptLowerPriority" } = found ?? {};
  if (named === "" && classes.default !== undefined) {
    spec.priorityClassName = classes.default.metadata.name;
  }
  const computed = "must not be provided in pod spec; priority admission controller computed";
  const origin = "from the given PriorityClass name";
  if (spec.priority !== undefined && spec.priority !== value) {
    throw refuse(`the integer value of priority (${spec.priority}) ${computed} ${value} ${origin}`);
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== preemptionPolicy) {
    const given = spec.preemptionPolicy;
    throw refuse(`the string value of PreemptionPolicy (${given}) ${computed} ${preemptionPolicy} ${origin}`);
  }
  spec.priority = value;
  spec.preemptionPolicy = preemptionPolicy;
}

/** One class at most is the default; those of the system stay. */
export function priorityClassHook(kind: Kind, classes: PriorityClasses): KindHook {
  return {
    claim(next, previous) {
      const { globalDefault, metadata } = next as PriorityClass;
      const other = classes.default?.metadata.name;
      if (globalDefault !== true || (previous as PriorityClass | undefined)?.globalDefault === true)
        return undefined;
      if (other === undefined || other === metadata.name) return undefined;
      const why = `PriorityClass ${other} is already marked as default. Only one default can exist`;
      throw forbidden(kind, metadata.name ?? "", why);
    },
    checkDelete({ metadata: { name = "" } }) {
      if (Object.hasOwn(systemPriorities, name)) {
        throw forbidden(kind, name, "this is a system priority class and cannot be deleted");
      }
    },
  };
}

export async function createSystemPriorityClasses(parts: ServerParts): Promise<void> {
  const kind = parts.resources.byPath(priorityClass.group, priorityClass.version, priorityClass.plural);
  if (kind === undefined) return;
  for (const [name, value] of Object.entries(systemPriorities)) {
    if (parts.store.get({ resource, namespace: "", name }) !== undefined) continue;
    const description = `Used for system critical pods that must ${
      name === "system-node-critical" ? "not be moved from their current node" : "run in the cluster"
    }.`;
    const object = {
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      metadata: { name },
      value,
      description,
    };
    await createObject(parts, { kind, namespace: "", object });
  }
}
