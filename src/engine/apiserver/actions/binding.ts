/** Binding: puts a pod on a node. The hottest write of all, so it changes what it must and checks nothing else. */

import { textOfAdmitted } from "../../../model/admitted-specs.ts";
import { pod, type Pod } from "../../../model/kinds/core/pod/pod.ts";
import type { Condition } from "../../../model/meta.ts";
import { badRequest, conflict, invalid, notFound } from "../api-errors.ts";
import { commit } from "../operations/commit.ts";
import { timestamp } from "../../../lib/timestamp.ts";
import { encodeWithSpec, withTextField } from "../operations/encode.ts";
import { success, type ActionCall } from "./action.ts";

interface Wanted {
  readonly node: string;
  readonly uid: string | undefined;
}

/** POST to `pods/NAME/binding`, or to `bindings` with the name in the body. */
export async function bind(call: ActionCall) {
  const { parts, namespace, body, dryRun } = call;
  const name = call.name === "" ? nameIn(body) : call.name;
  const wanted = readBinding(body, name);
  let specText: string | undefined;
  await commit(
    parts,
    { kind: pod, namespace, name },
    {
      dryRun,
      make(entry) {
        if (entry === undefined) throw notFound(pod, name);
        const previous = entry.value as Pod;
        const known = Object.hasOwn(previous.spec, "nodeName")
          ? undefined
          : textOfAdmitted(pod, previous.spec);
        specText = withTextField(known, "nodeName", wanted.node);
        return bound(previous, wanted, timestamp(parts.clock.now()));
      },
      encode: (value) => encodeWithSpec(value, specText),
    },
  );
  return success();
}

function bound(previous: Pod, { node, uid }: Wanted, nowIso: string): Pod {
  const { name = "" } = previous.metadata;
  if (uid !== undefined && uid !== previous.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${previous.metadata.uid}`;
    throw conflict(pod, name, why, "binding");
  }
  if (previous.metadata.deletionTimestamp !== undefined) {
    throw conflict(pod, name, `pod ${name} is being deleted, cannot be assigned to a host`, "binding");
  }
  const present = previous.spec.nodeName ?? "";
  if (present !== "") {
    throw conflict(pod, name, `pod ${name} is already assigned to node "${present}"`, "binding");
  }
  const others = (previous.status?.conditions ?? []).filter(({ type }) => type !== "PodScheduled");
  const scheduled: Condition = { type: "PodScheduled", status: "True", lastTransitionTime: nowIso };
  return {
    ...previous,
    spec: { ...previous.spec, nodeName: node },
    status: { ...previous.status, conditions: [...others, scheduled] },
  };
}

function nameIn(body: ActionCall["body"]): string {
  const { metadata } = body as { metadata?: { name?: unknown } };
  if (typeof metadata?.name === "string" && metadata.name !== "") return metadata.name;
  throw badRequest("metadata.name: the name of the pod is required");
}

function readBinding(body: ActionCall["body"], name: string): Wanted {
  const { metadata, target } = body as {
    metadata?: { name?: unknown; uid?: unknown };
    target?: { kind?: unknown; name?: unknown };
  };
  if (metadata?.name !== undefined && metadata.name !== name) {
    throw badRequest(
      `the name of the object (${JSON.stringify(metadata.name)}) does not match the name on the URL (${name})`,
    );
  }
  const { kind = "Node", name: node } = target ?? {};
  if (kind !== "Node" && kind !== "") {
    const detail = 'supported values: "Node"';
    throw invalid(pod, name, [{ type: "NotSupported", path: "target.kind", value: kind, detail }]);
  }
  if (typeof node !== "string" || node === "") {
    throw invalid(pod, name, [{ type: "Required", path: "target.name", detail: "name of the node" }]);
  }
  return { node, uid: typeof metadata?.uid === "string" && metadata.uid !== "" ? metadata.uid : undefined };
}
