/** What a node should be, and what it is. */

import { condition } from "../../../meta.ts";
import {
  array,
  boolean,
  integer,
  map,
  object,
  oneOf,
  quantity,
  required,
  string,
  time,
  type Infer,
} from "../../../schema.ts";

export const taint = object(
  "Keeps pods away that do not tolerate it.",
  {
    key: required(string("Key of the taint.")),
    value: string("Value of the taint."),
    effect: required(
      oneOf(["NoSchedule", "PreferNoSchedule", "NoExecute"], "What it does to pods that do not tolerate it."),
    ),
    timeAdded: time("When it was put, for NoExecute."),
  },
  { name: "io.k8s.api.core.v1.Taint" },
);
export interface Taint extends Infer<typeof taint> {}

export const nodeSpec = object(
  "What the node should be.",
  {
    podCIDR: string("Addresses of the node's pods."),
    podCIDRs: array(string("Address range."), "Addresses of the node's pods.", { mergeKey: "" }),
    providerID: string("Name of the machine at its provider."),
    unschedulable: boolean("Whether no new pods are placed here."),
    taints: array(taint, "Taints of the node."),
  },
  { name: "io.k8s.api.core.v1.NodeSpec" },
);

const nodeAddress = object(
  "A way to reach the node.",
  {
    type: required(string("Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS.")),
    address: required(string("Address or name.")),
  },
  { name: "io.k8s.api.core.v1.NodeAddress" },
);

const containerImage = object(
  "An image on the node.",
  {
    names: array(string("Name."), "Names of the image."),
    sizeBytes: integer("Size of the image."),
  },
  { name: "io.k8s.api.core.v1.ContainerImage" },
);

const nodeSystemInfo = object(
  "The node's software.",
  {
    machineID: required(string("Id of the machine.")),
    systemUUID: required(string("UUID of the machine.")),
    bootID: required(string("Id of the last boot.")),
    kernelVersion: required(string("Version of the kernel.")),
    osImage: required(string("Name of the operating system.")),
    containerRuntimeVersion: required(string("Runtime and its version, for instance podman://4.3.1.")),
    kubeletVersion: required(string("Version of the agent.")),
    kubeProxyVersion: required(string("Version of the service network.")),
    operatingSystem: required(string("For instance linux.")),
    architecture: required(string("For instance amd64.")),
  },
  { name: "io.k8s.api.core.v1.NodeSystemInfo" },
);

const daemonEndpoint = object(
  "A port of the agent.",
  { Port: required(integer("Number of the port.")) },
  { name: "io.k8s.api.core.v1.DaemonEndpoint" },
);

const attachedVolume = object(
  "A disk that is attached to the node.",
  {
    name: required(string("Name of the volume.")),
    devicePath: required(string("Path of the device.")),
  },
  { name: "io.k8s.api.core.v1.AttachedVolume" },
);

export const nodeStatus = object(
  "What the node is, as last seen.",
  {
    capacity: map(quantity("Amount."), "All resources of the node."),
    allocatable: map(quantity("Amount."), "Resources that pods may use."),
    conditions: array(condition, "Aspects of the node: Ready, MemoryPressure, DiskPressure, PIDPressure.", {
      mergeKey: "type",
    }),
    addresses: array(nodeAddress, "Ways to reach the node.", { mergeKey: "type" }),
    daemonEndpoints: object(
      "Ports of the agent.",
      { kubeletEndpoint: daemonEndpoint },
      { name: "io.k8s.api.core.v1.NodeDaemonEndpoints" },
    ),
    nodeInfo: nodeSystemInfo,
    images: array(containerImage, "Images on the node."),
    volumesInUse: array(string("Name of a volume."), "Volumes that pods here use."),
    volumesAttached: array(attachedVolume, "Disks that are attached."),
    phase: string("Not used any more."),
  },
  { name: "io.k8s.api.core.v1.NodeStatus" },
);
export interface NodeSpec extends Infer<typeof nodeSpec> {}
export interface NodeStatus extends Infer<typeof nodeStatus> {}
