/** The columns of nodes. */

import { orNone } from "../../../cells.ts";
import { findCondition } from "../../../conditions.ts";
import type { Column } from "../../../kind.ts";
import type { KubeObject } from "../../../meta.ts";
import { ageText } from "../../../table.ts";
import type { NodeSpec, NodeStatus } from "./node-spec.ts";

interface NodeLike extends KubeObject {
  spec?: NodeSpec | undefined;
  status?: NodeStatus | undefined;
}

function statusCell({ spec, status }: NodeLike): string {
  const ready = findCondition(status?.conditions, "Ready");
  const word = ready === undefined ? "Unknown" : ready.status === "True" ? "Ready" : "NotReady";
  return spec?.unschedulable === true ? `${word},SchedulingDisabled` : word;
}

const rolePrefix = "node-role.kubernetes.io/";

function rolesCell({ metadata }: NodeLike): string {
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(rolePrefix)) return [key.slice(rolePrefix.length)];
    return key === "kubernetes.io/role" ? [value] : [];
  });
  return orNone(roles.toSorted().join(","));
}

function addressOf({ status }: NodeLike, type: string): string {
  return orNone(status?.addresses?.find((address) => address.type === type)?.address);
}

function info({ status }: NodeLike, field: keyof NonNullable<NodeStatus["nodeInfo"]>): string {
  return status?.nodeInfo?.[field] ?? "<unknown>";
}

const wide = { type: "string", priority: 1 } as const;

export const nodeColumns: readonly Column<NodeLike>[] = [
  { name: "Status", type: "string", description: "Whether the node takes pods.", value: statusCell },
  { name: "Roles", type: "string", description: "What the node is for.", value: rolesCell },
  {
    name: "Age",
    type: "string",
    description: "Time since the creation.",
    value: ({ metadata }, { nowMs }) => ageText(metadata.creationTimestamp, nowMs),
  },
  {
    name: "Version",
    type: "string",
    description: "Version of the agent.",
    value: (object) => info(object, "kubeletVersion"),
  },
  {
    ...wide,
    name: "Internal-IP",
    description: "Address inside.",
    value: (object) => addressOf(object, "InternalIP"),
  },
  {
    ...wide,
    name: "External-IP",
    description: "Address outside.",
    value: (object) => addressOf(object, "ExternalIP"),
  },
  { ...wide, name: "OS-Image", description: "Operating system.", value: (object) => info(object, "osImage") },
  {
    ...wide,
    name: "Kernel-Version",
    description: "Version of the kernel.",
    value: (object) => info(object, "kernelVersion"),
  },
  {
    ...wide,
    name: "Container-Runtime",
    description: "What runs the containers.",
    value: (object) => info(object, "containerRuntimeVersion"),
  },
];
