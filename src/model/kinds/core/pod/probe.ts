/** Probes and lifecycle hooks: what the agent asks a container. */

import { array, integer, intOrString, object, oneOf, required, string, type Infer } from "../../../schema.ts";

const port = required(intOrString("Port, as a number or as the name of a port of the container."));

export const execAction = object(
  "Runs a command in the container; exit code 0 is success.",
  { command: array(string("Word of the command."), "The command and its arguments; no shell is involved.") },
  { name: "io.k8s.api.core.v1.ExecAction" },
);

const httpHeader = object(
  "A header of the request.",
  {
    name: required(string("Name of the header.")),
    value: required(string("Value of the header.")),
  },
  { name: "io.k8s.api.core.v1.HTTPHeader" },
);

export const httpGetAction = object(
  "Sends an HTTP GET; a status from 200 to 399 is success.",
  {
    path: string("Path of the request.", { default: "/" }),
    port,
    host: string("Host to connect to; the pod's address when absent."),
    scheme: oneOf(["HTTP", "HTTPS"], "Scheme of the request.", { default: "HTTP" }),
    httpHeaders: array(httpHeader, "Headers to send."),
  },
  { name: "io.k8s.api.core.v1.HTTPGetAction" },
);

export const tcpSocketAction = object(
  "Opens a TCP connection; that it opens is success.",
  { port, host: string("Host to connect to; the pod's address when absent.") },
  { name: "io.k8s.api.core.v1.TCPSocketAction" },
);

const grpcAction = object(
  "Calls the gRPC health service; SERVING is success.",
  {
    port: required(integer("Port of the gRPC server.", { min: 1, max: 65_535 })),
    service: string("Name of the service to ask about.", { default: "" }),
  },
  { name: "io.k8s.api.core.v1.GRPCAction" },
);

export const probe = object(
  "A check of a container that is repeated.",
  {
    exec: execAction,
    httpGet: httpGetAction,
    tcpSocket: tcpSocketAction,
    grpc: grpcAction,
    initialDelaySeconds: integer("Wait this long after the container's start.", { min: 0 }),
    timeoutSeconds: integer("A check that takes longer has failed.", { default: 1, min: 1 }),
    periodSeconds: integer("How often the check runs.", { default: 10, min: 1 }),
    successThreshold: integer("Successes in a row after which a failed check holds again.", {
      default: 1,
      min: 1,
    }),
    failureThreshold: integer("Failures in a row after which the check has failed.", {
      default: 3,
      min: 1,
    }),
    terminationGracePeriodSeconds: integer("Grace of a container that this probe stops.", { min: 1 }),
  },
  { name: "io.k8s.api.core.v1.Probe" },
);
export interface Probe extends Infer<typeof probe> {}

const sleepAction = object(
  "Waits.",
  { seconds: required(integer("How long to wait.", { min: 0 })) },
  { name: "io.k8s.api.core.v1.SleepAction" },
);

export const lifecycleHandler = object(
  "What is done at a point of a container's life.",
  { exec: execAction, httpGet: httpGetAction, tcpSocket: tcpSocketAction, sleep: sleepAction },
  { name: "io.k8s.api.core.v1.LifecycleHandler" },
);
export interface LifecycleHandler extends Infer<typeof lifecycleHandler> {}

export const lifecycle = object(
  "What is done after a container's start and before its stop.",
  {
    postStart: lifecycleHandler,
    preStop: lifecycleHandler,
    stopSignal: string("Signal that stops the container; the image's own when absent."),
  },
  { name: "io.k8s.api.core.v1.Lifecycle" },
);
export interface Lifecycle extends Infer<typeof lifecycle> {}
