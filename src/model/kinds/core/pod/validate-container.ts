/** Rules of containers: names, ports, mounts, probes, resources. */

import {
  duplicates,
  forbidden,
  invalid,
  invalidIf,
  required,
  type FieldError,
} from "../../../field-error.ts";
import { checkDnsLabel, checkPortName } from "../../../names.ts";
import { resourceErrors } from "../validate-resources.ts";
import type { Container, ContainerPort, VolumeMount } from "./container.ts";
import type { PodSpec } from "./pod-spec.ts";
import type { Lifecycle, LifecycleHandler, Probe } from "./probe.ts";
import { envErrors, oneSourceErrors, relativePathErrors } from "./validate-env.ts";

export function containersErrors(spec: PodSpec, path: string): FieldError[] {
  const { containers, initContainers = [] } = spec;
  const placed = [
    ...initContainers.map((container, index) => ({
      container,
      at: `${path}.initContainers[${index}]`,
      isInit: true,
    })),
    ...containers.map((container, index) => ({
      container,
      at: `${path}.containers[${index}]`,
      isInit: false,
    })),
  ];
  return [
    ...placed.flatMap(({ container, at, isInit }) => containerErrors(container, at, { spec, isInit })),
    ...duplicates(
      placed.map(({ container }) => container.name),
      (index) => `${placed[index]?.at}.name`,
    ),
    ...hostPortErrors(containers, `${path}.containers`),
  ];
}

interface Place {
  readonly spec: PodSpec;
  readonly isInit: boolean;
}

function containerErrors(container: Container, path: string, { spec, isInit }: Place): FieldError[] {
  const { name, image = "" } = container;
  const errors = [
    ...invalidIf(name === "" ? undefined : checkDnsLabel(name), `${path}.name`, name),
    ...portErrors(container.ports ?? [], `${path}.ports`, spec.hostNetwork === true),
    ...envErrors(container, path),
    ...mountErrors(container, path, spec),
    ...resourceErrors(container.resources, `${path}.resources`),
    ...probesErrors(container, path, isInit),
    ...lifecycleErrors(container.lifecycle, `${path}.lifecycle`),
  ];
  if (image === "") errors.push(required(`${path}.image`));
  else if (image !== image.trim()) {
    errors.push(invalid(`${path}.image`, image, "must not have leading or trailing whitespace"));
  }
  if (!isInit && container.restartPolicy !== undefined) {
    errors.push(forbidden(`${path}.restartPolicy`, "may not be set for non-init containers"));
  }
  return errors;
}

function portErrors(ports: readonly ContainerPort[], path: string, hostNetwork: boolean): FieldError[] {
  return [
    ...ports.flatMap(({ name = "", containerPort, hostPort = 0 }, index) => {
      const errors = name === "" ? [] : invalidIf(checkPortName(name), `${path}[${index}].name`, name);
      if (hostNetwork && hostPort !== 0 && hostPort !== containerPort) {
        const detail = "must match `containerPort` when `hostNetwork` is true";
        errors.push(invalid(`${path}[${index}].hostPort`, hostPort, detail));
      }
      return errors;
    }),
    ...duplicates(
      ports.map(({ name }) => name),
      (index) => `${path}[${index}].name`,
    ),
  ];
}

function hostPortErrors(containers: readonly Container[], path: string): FieldError[] {
  const placed = containers.flatMap(({ ports = [] }, index) =>
    ports.map((port, portIndex) => ({ port, at: `${path}[${index}].ports[${portIndex}].hostPort` })),
  );
  return duplicates(
    placed.map(({ port: { hostPort = 0, hostIP = "", protocol = "TCP" } }) =>
      hostPort === 0 ? undefined : `${protocol}/${hostIP}/${hostPort}`,
    ),
    (index) => placed[index]?.at ?? path,
  );
}

function mountErrors(
  { volumeMounts = [], volumeDevices = [] }: Container,
  path: string,
  spec: PodSpec,
): FieldError[] {
  const volumes = new Set((spec.volumes ?? []).map(({ name }) => name));
  const paths = new Set<string>();
  const isMissing = (name: string, at: string): FieldError[] =>
    name === "" || volumes.has(name) ? [] : [{ type: "NotFound", path: at, value: name, detail: "" }];
  return [
    ...volumeMounts.flatMap((mount, index) => {
      const at = `${path}.volumeMounts[${index}]`;
      const errors = [...isMissing(mount.name, `${at}.name`), ...subPathErrors(mount, at)];
      if (paths.has(mount.mountPath))
        errors.push(invalid(`${at}.mountPath`, mount.mountPath, "must be unique"));
      paths.add(mount.mountPath);
      return errors;
    }),
    ...volumeDevices.flatMap(({ name }, index) => isMissing(name, `${path}.volumeDevices[${index}].name`)),
  ];
}

function subPathErrors({ subPath = "", subPathExpr = "" }: VolumeMount, path: string): FieldError[] {
  const errors = subPath === "" ? [] : relativePathErrors(subPath, `${path}.subPath`);
  if (subPathExpr === "") return errors;
  if (subPath !== "")
    errors.push(
      invalid(`${path}.subPathExpr`, subPathExpr, "subPathExpr and subPath are mutually exclusive"),
    );
  return [...errors, ...relativePathErrors(subPathExpr, `${path}.subPathExpr`)];
}

function probesErrors(container: Container, path: string, isInit: boolean): FieldError[] {
  const probes = {
    livenessProbe: container.livenessProbe,
    readinessProbe: container.readinessProbe,
    startupProbe: container.startupProbe,
  };
  const errors: FieldError[] = [];
  for (const [name, probe] of Object.entries(probes)) {
    if (probe === undefined) continue;
    if (isInit && container.restartPolicy !== "Always") {
      errors.push(
        forbidden(`${path}.${name}`, "may not be set for init containers without restartPolicy=Always"),
      );
    } else {
      errors.push(...probeErrors(probe, `${path}.${name}`, name));
    }
  }
  return errors;
}

/** `name` is readinessProbe, livenessProbe or startupProbe. */
export function probeErrors(probe: Probe, path: string, name: string): FieldError[] {
  const { exec, httpGet, tcpSocket, grpc, successThreshold = 1 } = probe;
  const handlers = Object.entries({ exec, httpGet, tcpSocket, grpc }).filter(
    ([, handler]) => handler !== undefined,
  );
  const errors = [
    ...oneSourceErrors(
      handlers.map(([key]) => key),
      path,
      { none: "must specify a handler type", many: "may not specify more than 1 handler type" },
    ),
    ...handlerErrors(probe, path),
  ];
  if (name !== "readinessProbe" && successThreshold !== 1) {
    errors.push(invalid(`${path}.successThreshold`, successThreshold, "must be 1"));
  }
  return errors;
}

function handlerErrors({ exec, httpGet, tcpSocket }: LifecycleHandler, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (exec !== undefined && (exec.command ?? []).length === 0) errors.push(required(`${path}.exec.command`));
  if (httpGet !== undefined) errors.push(...portNumberOrNameErrors(httpGet.port, `${path}.httpGet.port`));
  if (tcpSocket !== undefined)
    errors.push(...portNumberOrNameErrors(tcpSocket.port, `${path}.tcpSocket.port`));
  return errors;
}

export function portNumberOrNameErrors(port: number | string, path: string): FieldError[] {
  if (typeof port === "string") return port === "" ? [] : invalidIf(checkPortName(port), path, port);
  return port >= 1 && port <= 65_535 ? [] : [invalid(path, port, "must be between 1 and 65535, inclusive")];
}

function lifecycleErrors(lifecycle: Lifecycle | undefined, path: string): FieldError[] {
  const handlers = { postStart: lifecycle?.postStart, preStop: lifecycle?.preStop };
  return Object.entries(handlers).flatMap(([name, handler]) => {
    if (handler === undefined) return [];
    const at = `${path}.${name}`;
    const given = Object.keys(handler).filter((key) => handler[key as keyof LifecycleHandler] !== undefined);
    const words = { none: "must specify a handler type", many: "may not specify more than 1 handler type" };
    return [...oneSourceErrors(given, at, words), ...handlerErrors(handler, at)];
  });
}
