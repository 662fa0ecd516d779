/**
 * From a container of a pod's spec to a running one. Each step that fails says so with the reason and the
 * message that kubectl's users know.
 */

import { decodeText } from "../../lib/base64.ts";
import { secret } from "../../model/kinds/core/secret/secret.ts";
import type { Container } from "../../model/kinds/core/pod/container.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import { isNotFound } from "../../model/status.ts";
import { EngineError, isEngineError } from "../../lib/container-engine/engine-transport.ts";
import { startRefusal } from "../../lib/container-engine/start-refusal.ts";
import type { ContainerSpec, ImageDetails } from "../../lib/container-engine/engine-types.ts";
import type { ContainerEngine, RegistryAuth } from "../../lib/container-engine/container-engine.ts";
import { sleep } from "../../lib/clock.ts";
import type { AgentContext, NodeContext } from "./agent-context.ts";
import { recordOf, type ContainerRecord, type ContainerRole } from "./container-record.ts";
import { containerName, containerSpec, pauseSpec, type PodSite } from "./container-spec.ts";
import { resolveEnvironment } from "./environment.ts";
import { authFrom, pullPolicyOf, registryOf, type ImageFound } from "./images.ts";
import { addressRetryMs, addressRetryTimes } from "./limits.ts";
import { ConfigError, type PodPlace } from "./pod-fields.ts";
import { podObjects } from "./pod-objects.ts";
import { stuckText, tryRemove } from "./stuck-container.ts";
import type { PodDirectory } from "./volumes.ts";

export interface StartJob {
  readonly pod: Pod;
  readonly container: Container;
  readonly role: ContainerRole;
  readonly attempt: number;
  readonly backoffMs: number;
  readonly site: PodSite;
  readonly place: PodPlace;
  readonly directory: PodDirectory;
  readonly hostsFile: string | undefined;
  /** Called before the container runs, and so before anybody sees it run. */
  readonly onCreated: (id: string) => void;
  readonly signal: AbortSignal;
}

/** The engine refused; `reason` is the word that kubectl's users know. */
export class StartError extends Error {
  override readonly name = "StartError";
  readonly reason: "CreateContainerError" | "RunContainerError" | "CreatePodSandboxError";
  /** The image has no such command: another try ends the same. */
  readonly hopeless: boolean;

  constructor(reason: StartError["reason"], cause: EngineError) {
    super(cause.message, { cause });
    this.reason = reason;
    this.hopeless = reason === "RunContainerError" && isUsersMistake(cause);
  }
}

export async function startContainer(
  context: AgentContext,
  node: NodeContext,
  job: StartJob,
): Promise<ContainerRecord> {
  const { pod, container } = job;
  const found = await ensureImage(context, node, job);
  tellImage(node, pod, { reference: container.image ?? "", found });
  checkUser(pod, container, found.details);
  const objects = podObjects(context.client, pod.metadata.namespace ?? "");
  const environment = await resolveEnvironment({ pod, container, place: job.place, objects });
  const terminationLog = await job.directory.makeTerminationLog(container.name, job.attempt);
  const volumes = await job.directory.binds(container, { pod, place: job.place, objects }, environment);
  const mounted = new Set((container.volumeMounts ?? []).map(({ mountPath }) => mountPath));
  const binds = [
    ...volumes,
    `${terminationLog}:${container.terminationMessagePath ?? "/dev/termination-log"}:rw`,
    ...(job.hostsFile === undefined || mounted.has("/etc/hosts") ? [] : [`${job.hostsFile}:/etc/hosts:rw`]),
  ];
  const stopSignal = container.lifecycle?.stopSignal ?? (found.details.Config.StopSignal || "SIGTERM");
  const spec = containerSpec({ ...job, environment, binds, terminationLog, stopSignal });
  const name = containerName(job, container.name);
  return context.starts.use(async () => {
    job.signal.throwIfAborted();
    const id = await create(context, name, spec, (text) => {
      node.recorder.event(pod, "Warning", "ContainerStuck", text);
    });
    node.recorder.event(pod, "Normal", "Created", `Created container: ${container.name}`);
    job.onCreated(id);
    await start(context, id, job.attempt);
    const record = freshRecord(context, { id, spec, imageId: found.details.Id });
    context.index.set(record);
    node.recorder.event(pod, "Normal", "Started", `Started container ${container.name}`);
    return record;
  });
}

export async function startPause(
  context: AgentContext,
  node: NodeContext,
  job: { readonly pod: Pod; readonly site: PodSite; readonly attempt: number; readonly signal: AbortSignal },
): Promise<ContainerRecord> {
  const spec = pauseSpec(job.pod, job.site, context.pauseImage);
  return context.starts.use(async () => {
    job.signal.throwIfAborted();
    try {
      const id = await create(context, containerName(job, "pause"), spec, (text) => {
        node.recorder.event(job.pod, "Warning", "ContainerStuck", text);
      });
      await start(context, id, job.attempt);
      const record = freshRecord(context, { id, spec, imageId: "" });
      context.index.set(record);
      return record;
    } catch (error) {
      if (error instanceof StartError && isEngineError(error.cause)) {
        throw new StartError("CreatePodSandboxError", error.cause);
      }
      throw error;
    }
  });
}

async function ensureImage(context: AgentContext, node: NodeContext, job: StartJob): Promise<ImageFound> {
  const { pod, container, signal } = job;
  const reference = container.image ?? "";
  const registry = registryOf(reference);
  const access = registry === undefined ? { insecure: false } : await context.registryAccess(registry);
  const own = await pullSecretAuth(context, pod, registry ?? "docker.io");
  return context.images.ensure({
    reference,
    policy: pullPolicyOf(reference, container.imagePullPolicy),
    auth: own ?? access.auth,
    insecure: access.insecure,
    signal,
    onPull: () => node.recorder.event(pod, "Normal", "Pulling", `Pulling image "${reference}"`),
  });
}

async function pullSecretAuth(
  { client, log }: AgentContext,
  pod: Pod,
  registry: string,
): Promise<RegistryAuth | undefined> {
  const { namespace = "" } = pod.metadata;
  for (const { name = "" } of pod.spec.imagePullSecrets ?? []) {
    try {
      const { data = {} } = await client.get(secret, { namespace, name });
      const config = decodeText(data[".dockerconfigjson"]);
      const auth = config === "" ? undefined : authFrom(config, registry);
      if (auth !== undefined) return auth;
    } catch (error) {
      // As in Kubernetes, a pull secret that is missing or unreadable does not keep the pod from starting.
      if (!isNotFound(error) && !(error instanceof SyntaxError)) throw error;
      log.info("cannot use an image pull secret", { namespace, secret: name, error });
    }
  }
  return undefined;
}

function tellImage(
  { recorder }: NodeContext,
  pod: Pod,
  image: { readonly reference: string; readonly found: ImageFound },
): void {
  const { reference, found } = image;
  if (found.pulledMs === undefined) {
    recorder.event(pod, "Normal", "Pulled", `Container image "${reference}" already present on machine`);
    return;
  }
  const took = `${(found.pulledMs / 1000).toFixed(3)}s`;
  const text = `Successfully pulled image "${reference}" in ${took} (${took} including waiting). Image size: ${found.details.Size} bytes.`;
  recorder.event(pod, "Normal", "Pulled", text);
}

function checkUser(pod: Pod, container: Container, image: ImageDetails): void {
  const own = container.securityContext ?? {};
  const shared = pod.spec.securityContext ?? {};
  if ((own.runAsNonRoot ?? shared.runAsNonRoot) !== true) return;
  const given = own.runAsUser ?? shared.runAsUser;
  const { name, namespace, uid } = pod.metadata;
  const where = `(pod: "${name}_${namespace}(${uid})", container: ${container.name})`;
  if (given === 0) throw new ConfigError(`container's runAsUser breaks non-root policy ${where}`);
  if (given !== undefined) return;
  const user = (image.Config.User ?? "").split(":")[0] ?? "";
  if (user === "" || user === "0" || user === "root") {
    throw new ConfigError(`container has runAsNonRoot and image will run as root ${where}`);
  }
  if (/^\d+$/.test(user)) return;
  const text = `container has runAsNonRoot and image has non-numeric user (${user}), cannot verify user is non-root ${where}`;
  throw new ConfigError(text);
}

/**
 * A container of the same name is what a start left that was cut off before it ran. Where the engine does not let go of it,
 * another name does as well: labels say whose a container is.
 */
async function create(
  { engine }: AgentContext,
  name: string,
  spec: ContainerSpec,
  onStuck: (text: string) => void,
): Promise<string> {
  try {
    return await engine.createContainer(name, spec);
  } catch (error) {
    if (!isEngineError(error) || error.status === 0) throw error;
    const leftover = await engine.inspectContainer(name).catch(() => undefined);
    if (leftover === undefined || leftover.State.Running) throw new StartError("CreateContainerError", error);
    const stuck = await tryRemove(engine, leftover.Id);
    if (stuck !== undefined) onStuck(stuckText(name, stuck));
    const free = stuck === undefined ? name : `${name}-${crypto.randomUUID().slice(0, 8)}`;
    return await createOnce(engine, free, spec);
  }
}

async function createOnce(engine: ContainerEngine, name: string, spec: ContainerSpec): Promise<string> {
  try {
    return await engine.createContainer(name, spec);
  } catch (error) {
    if (isEngineError(error) && error.status !== 0) throw new StartError("CreateContainerError", error);
    throw error;
  }
}

/**
 * A container that cannot run is removed. One that follows another may have to wait until the engine has taken
 * its predecessor's address back, which it does a moment after the container's end.
 */
async function start(
  { engine, clock, onStartTrouble }: AgentContext,
  id: string,
  attempt: number,
): Promise<void> {
  for (let tries = attempt > 0 ? addressRetryTimes : 0; ; tries -= 1) {
    try {
      await engine.startContainer(id);
      return;
    } catch (error) {
      if (!isEngineError(error) || error.status === 0) throw error;
      if (tries > 0 && !isUsersMistake(error)) {
        await sleep(clock, addressRetryMs);
        continue;
      }
      await engine.removeContainer(id);
      if (!isUsersMistake(error)) onStartTrouble();
      throw new StartError("RunContainerError", error);
    }
  }
}

/** Of Podman, without the name of the command. */
const refusedText = /OCI runtime (attempted to invoke a command that was not found|permission denied)/;

/**
 * The image is not fit for what it is to run. Docker answers 400 or 404; Podman answers 500 as to a fault of its own, and
 * only its text tells them apart.
 */
export function isUsersMistake(error: EngineError): boolean {
  if (error.status === 400 || error.status === 404) return true;
  return startRefusal(error.message) !== undefined || refusedText.test(error.message);
}

/** What an inspection would show, without its cost. */
function freshRecord(
  { clock }: AgentContext,
  started: { readonly id: string; readonly spec: ContainerSpec; readonly imageId: string },
): ContainerRecord {
  const { id, spec, imageId } = started;
  const startedAt = new Date(clock.now()).toISOString();
  const record = recordOf({
    Id: id,
    Name: "",
    Created: startedAt,
    Image: imageId,
    LogPath: "",
    HostConfig: {},
    NetworkSettings: { IPAddress: "", Networks: null },
    Config: { Labels: spec.Labels ?? {}, Env: null, Image: spec.Image, User: "", Tty: spec.Tty ?? false },
    State: {
      Status: "running",
      Running: true,
      OOMKilled: false,
      Pid: 0,
      ExitCode: 0,
      Error: "",
      StartedAt: startedAt,
      FinishedAt: "",
    },
  });
  if (record === undefined) throw new Error("cannot record a container without labels");
  return record;
}
