/** A container of a pod. */

import {
  array,
  boolean,
  integer,
  object,
  oneOf,
  quantity,
  required,
  string,
  type Infer,
} from "../../../schema.ts";
import { configMapKeySelector, objectFieldSelector, secretKeySelector } from "../references.ts";
import { resourceRequirements } from "../resources.ts";
import { lifecycle, probe } from "./probe.ts";
import { securityContext } from "./security-context.ts";

export const containerPort = object(
  "A port that the container listens on.",
  {
    name: string("Name, unique in the pod, that services and probes can use."),
    containerPort: required(integer("Number of the port in the pod.", { min: 1, max: 65_535 })),
    hostPort: integer("Port of the node that leads here.", { min: 0, max: 65_535 }),
    hostIP: string("Address of the node that the host port is bound to."),
    protocol: oneOf(["TCP", "UDP", "SCTP"], "Protocol of the port.", { default: "TCP" }),
  },
  { name: "io.k8s.api.core.v1.ContainerPort" },
);
export interface ContainerPort extends Infer<typeof containerPort> {}

export const resourceFieldSelector = object(
  "Chooses a request or limit of a container.",
  {
    containerName: string("Container whose resources are meant; needed in volumes."),
    resource: required(string("For instance limits.cpu or requests.memory.")),
    divisor: quantity("Unit of the result, for instance 1Mi."),
  },
  { name: "io.k8s.api.core.v1.ResourceFieldSelector" },
);
export interface ResourceFieldSelector extends Infer<typeof resourceFieldSelector> {}

const envVarSource = object(
  "Where the value comes from; exactly one of the fields.",
  {
    fieldRef: objectFieldSelector,
    resourceFieldRef: resourceFieldSelector,
    configMapKeyRef: configMapKeySelector,
    secretKeyRef: secretKeySelector,
  },
  { name: "io.k8s.api.core.v1.EnvVarSource" },
);

export const envVar = object(
  "An environment variable.",
  {
    name: required(string("Name of the variable.")),
    value: string("Value; $(OTHER) is replaced by a variable before it, $$ is one $."),
    valueFrom: envVarSource,
  },
  { name: "io.k8s.api.core.v1.EnvVar" },
);
export interface EnvVar extends Infer<typeof envVar> {}

const envRefFields = {
  name: string("Name of the object."),
  optional: boolean("Whether the object may be missing."),
};

export const envFromSource = object(
  "All entries of an object as environment variables.",
  {
    prefix: string("Put before the name of each variable."),
    configMapRef: object("The ConfigMap.", envRefFields, { name: "io.k8s.api.core.v1.ConfigMapEnvSource" }),
    secretRef: object("The Secret.", envRefFields, { name: "io.k8s.api.core.v1.SecretEnvSource" }),
  },
  { name: "io.k8s.api.core.v1.EnvFromSource" },
);
export interface EnvFromSource extends Infer<typeof envFromSource> {}

export const volumeMount = object(
  "A volume in the container's file system.",
  {
    name: required(string("Name of a volume of the pod.")),
    mountPath: required(string("Path in the container.")),
    subPath: string("Path in the volume that is mounted, instead of its root."),
    subPathExpr: string("Like subPath, with $(VAR) replaced."),
    readOnly: boolean("Whether it can only be read."),
    recursiveReadOnly: oneOf(
      ["Disabled", "IfPossible", "Enabled"],
      "Whether mounts below are read-only too.",
    ),
    mountPropagation: oneOf(
      ["None", "HostToContainer", "Bidirectional"],
      "Whether later mounts are seen on the other side.",
    ),
  },
  { name: "io.k8s.api.core.v1.VolumeMount" },
);
export interface VolumeMount extends Infer<typeof volumeMount> {}

const volumeDevice = object(
  "A block device in the container.",
  {
    name: required(string("Name of a volume of the pod.")),
    devicePath: required(string("Path of the device in the container.")),
  },
  { name: "io.k8s.api.core.v1.VolumeDevice" },
);

const resizePolicy = object(
  "What a change of a resource does to the container.",
  {
    resourceName: required(string("cpu or memory.")),
    restartPolicy: required(
      oneOf(["NotRequired", "RestartContainer"], "Whether the container is restarted."),
    ),
  },
  { name: "io.k8s.api.core.v1.ContainerResizePolicy" },
);

export const container = object(
  "A process and the image it runs from.",
  {
    name: required(string("Name, unique in the pod; a DNS label.")),
    image: string("Image to run."),
    command: array(string("Word."), "Replaces the image's entry point; $(VAR) is replaced."),
    args: array(string("Word."), "Replaces the image's command; $(VAR) is replaced."),
    workingDir: string("Directory the process starts in; the image's when absent."),
    ports: array(containerPort, "Ports that the container listens on.", { mergeKey: "containerPort" }),
    envFrom: array(envFromSource, "Objects whose entries become environment variables; env wins over them."),
    env: array(envVar, "Environment variables.", { mergeKey: "name" }),
    resources: resourceRequirements,
    resizePolicy: array(resizePolicy, "What changes of resources do."),
    restartPolicy: oneOf(["Always"], "Always makes an init container a sidecar, which keeps running."),
    volumeMounts: array(volumeMount, "Volumes to mount.", { mergeKey: "mountPath" }),
    volumeDevices: array(volumeDevice, "Block devices to add.", { mergeKey: "devicePath" }),
    livenessProbe: probe,
    readinessProbe: probe,
    startupProbe: probe,
    lifecycle,
    terminationMessagePath: string("File that a last message is read from.", {
      default: "/dev/termination-log",
    }),
    terminationMessagePolicy: oneOf(
      ["File", "FallbackToLogsOnError"],
      "Whether the end of the log serves as last message when the file is empty.",
      { default: "File" },
    ),
    imagePullPolicy: oneOf(
      ["Always", "IfNotPresent", "Never"],
      "When the image is pulled; Always for the tag latest or no tag, else IfNotPresent.",
    ),
    securityContext,
    stdin: boolean("Whether the container keeps an open standard input."),
    stdinOnce: boolean("Whether standard input closes after the first client leaves."),
    tty: boolean("Whether the container gets a terminal."),
  },
  { name: "io.k8s.api.core.v1.Container" },
);
export interface Container extends Infer<typeof container> {}
