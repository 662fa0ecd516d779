/** Data out of an add-on's server and into it, as streams. */

import { runInPod, type OpenChannels } from "../../../client/run-in-pod.ts";
import { serverContainer } from "../../../model/kinds/nagi/addon/addon-vars.ts";
import { restoreOf } from "../../../model/kinds/nagi/addonservice/addonservice.ts";
import type { ObjectRef } from "../../../model/meta.ts";
import { checkData, type DataPlace, type KeptData, type WriteData } from "./data-place.ts";

const complaintMaxCharacters = 4096;
/** Of one dump, restore or check. */
export const transferMaxMs = 6 * 3600_000;

export interface ServerTask {
  readonly pod: ObjectRef;
  /** Shell command of the service. */
  readonly run: string;
  readonly signal: AbortSignal;
}

export async function dumpServer(open: OpenChannels, task: ServerTask, write: WriteData): Promise<void> {
  let isEmpty = true;
  const output: WriteData = async (data) => {
    isEmpty = false;
    await write(data);
  };
  await run(open, task, { output });
  if (isEmpty) throw new Error("the dump is empty");
}

export interface RestoreInput extends KeptData {
  readonly place: DataPlace;
  readonly name: string;
}

/** The data is read twice: what is not as it was kept never reaches the server. */
export async function restoreServer(open: OpenChannels, task: ServerTask, data: RestoreInput): Promise<void> {
  const { place, name } = data;
  await checkData(place, name, data, task.signal);
  const input = place.read(name, task.signal);
  await run(open, { ...task, run: restoreOf(task.run, data.sizeBytes) }, { input });
}

interface Streams {
  readonly input?: AsyncIterable<Uint8Array>;
  readonly output?: WriteData;
}

async function run(
  open: OpenChannels,
  { pod, run: command, signal }: ServerTask,
  { input, output }: Streams,
): Promise<void> {
  let complaint = "";
  const keep = (data: Uint8Array): void => {
    complaint = (complaint + Buffer.from(data).toString("utf8")).slice(-complaintMaxCharacters);
  };
  const limit = AbortSignal.any([signal, AbortSignal.timeout(transferMaxMs)]);
  const request = {
    subresource: "exec",
    container: serverContainer,
    command: ["/bin/sh", "-c", command, "sh"],
    ...(input === undefined ? {} : { input }),
    output: output ?? keep,
    errors: keep,
  } as const;
  const code = await runInPod(open, pod, request, limit);
  if (code !== 0)
    throw new Error(complaint.trim() === "" ? `it ended with exit status ${code}` : complaint.trim());
}
