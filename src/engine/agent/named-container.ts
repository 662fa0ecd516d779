/** Which container of a pod a request for logs or a session means. */

import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import { StatusError } from "../../model/status.ts";

/** The one that is named, else the default one. */
export function namedContainer(pod: Pod, container: string | undefined): string {
  const name = container ?? onlyContainer(pod);
  const { containers, initContainers = [] } = pod.spec;
  if ([...containers, ...initContainers].some((each) => each.name === name)) return name;
  throw new StatusError("BadRequest", `container ${name} is not valid for pod ${pod.metadata.name}`);
}

function onlyContainer(pod: Pod): string {
  const { containers, initContainers = [] } = pod.spec;
  const [first, second] = containers;
  const wanted = pod.metadata.annotations?.["kubectl.kubernetes.io/default-container"];
  if (wanted !== undefined) return wanted;
  if (first !== undefined && second === undefined) return first.name;
  const names = `[${containers.map(({ name }) => name).join(" ")}]`;
  const inits =
    initContainers.length === 0
      ? ""
      : ` or one of the init containers: [${initContainers.map(({ name }) => name).join(" ")}]`;
  const text = `a container name must be specified for pod ${pod.metadata.name}, choose one of: ${names}${inits}`;
  throw new StatusError("BadRequest", text);
}
