/** What all containers of a release have in common, whoever makes them. Pure. */

import type { Container } from "../../core/pod/container.ts";
import type { Release } from "./release.ts";

export const defaultPort = 8080;

/** `process`: what the container runs, as it is told itself. */
export function releaseContainer(
  { spec }: Release,
  process: string,
): Required<Pick<Container, "name" | "image" | "env" | "envFrom">> {
  const { app, version, image, port = defaultPort, configSecret } = spec;
  return {
    name: process,
    image,
    env: [
      { name: "PORT", value: String(port) },
      { name: "NAGI_APP", value: app },
      { name: "NAGI_PROCESS", value: process },
      { name: "NAGI_RELEASE", value: `v${version}` },
    ],
    envFrom: [{ secretRef: { name: configSecret } }],
  };
}
