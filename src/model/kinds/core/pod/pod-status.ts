/** What the agent and the scheduler say of a pod. */

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
import { resourceRequirements } from "../resources.ts";

const waiting = object(
  "The container is not running yet.",
  { reason: string("Why, in one word."), message: string("Why, as a sentence.") },
  { name: "io.k8s.api.core.v1.ContainerStateWaiting" },
);
const running = object(
  "The container runs.",
  { startedAt: time("When it was started.") },
  { name: "io.k8s.api.core.v1.ContainerStateRunning" },
);
const terminated = object(
  "The container has ended.",
  {
    exitCode: required(integer("Exit code.")),
    signal: integer("Signal that ended it."),
    reason: string("Why, in one word."),
    message: string("Last message of the container."),
    startedAt: time("When it was started."),
    finishedAt: time("When it ended."),
    containerID: string("Id of the container, with its runtime."),
  },
  { name: "io.k8s.api.core.v1.ContainerStateTerminated" },
);
export interface ContainerStateTerminated extends Infer<typeof terminated> {}

export const containerState = object(
  "State of a container; one of the fields, waiting when none.",
  { waiting, running, terminated },
  { name: "io.k8s.api.core.v1.ContainerState" },
);
export interface ContainerState extends Infer<typeof containerState> {}

export const containerStatus = object(
  "What is with one container.",
  {
    name: required(string("Name of the container.")),
    state: containerState,
    lastState: containerState,
    ready: required(boolean("Whether it is ready for requests.")),
    restartCount: required(integer("How often it was started again.")),
    image: required(string("Image that it runs.")),
    imageID: string("Id of that image; absent before the first start."),
    containerID: string("Id of the container, with its runtime."),
    started: boolean("Whether the startup probe has held."),
    allocatedResources: map(quantity("Amount."), "Resources set aside for it."),
    resources: resourceRequirements,
  },
  { name: "io.k8s.api.core.v1.ContainerStatus" },
);
export interface ContainerStatus extends Infer<typeof containerStatus> {}

const ip = (name: string, description: string) =>
  object(description, { ip: required(string("Address.")) }, { name: `io.k8s.api.core.v1.${name}` });

export const podStatus = object(
  "What the pod is, as last seen.",
  {
    phase: oneOf(["Pending", "Running", "Succeeded", "Failed", "Unknown"], "Where in its life the pod is."),
    conditions: array(condition, "Aspects of the pod: PodScheduled, Initialized, ContainersReady, Ready.", {
      mergeKey: "type",
    }),
    message: string("Why the pod is in this state."),
    reason: string("Why, in one word, for instance Evicted."),
    nominatedNodeName: string("Node where room is being made for the pod."),
    hostIP: string("Address of the node."),
    hostIPs: array(ip("HostIP", "An address of the node."), "Addresses of the node.", { mergeKey: "ip" }),
    podIP: string("Address of the pod."),
    podIPs: array(ip("PodIP", "An address of the pod."), "Addresses of the pod.", { mergeKey: "ip" }),
    startTime: time("When the agent took the pod."),
    initContainerStatuses: array(containerStatus, "The init containers."),
    containerStatuses: array(containerStatus, "The containers."),
    ephemeralContainerStatuses: array(containerStatus, "The containers for debugging."),
    qosClass: oneOf(
      ["Guaranteed", "Burstable", "BestEffort"],
      "Class that follows from requests and limits.",
    ),
    resize: string("How a change of resources is going."),
    observedGeneration: integer("Generation of the spec that this speaks of."),
  },
  { name: "io.k8s.api.core.v1.PodStatus" },
);
export interface PodStatus extends Infer<typeof podStatus> {}
