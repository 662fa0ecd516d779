/** Health checks of a process type, in Kubernetes' shape. */

import type { FieldError } from "../../../field-error.ts";
import { object, type Infer } from "../../../schema.ts";
import { probe } from "../../core/pod/probe.ts";
import { probeErrors } from "../../core/pod/validate-container.ts";

export const appChecks = object(
  "How it is found out whether an instance is well. A port may be http, which is the one that web listens on.",
  {
    startup: {
      ...probe,
      description: "Until it holds the others wait; an instance that never gets there is restarted.",
    },
    readiness: {
      ...probe,
      description: "While it holds, requests are sent; of web it is a connection to its port when absent.",
    },
    liveness: { ...probe, description: "An instance of which it fails is restarted." },
  },
  { name: "dev.nagi.v1.AppChecks" },
);
export interface AppChecks extends Infer<typeof appChecks> {}

export function checksErrors({ startup, readiness, liveness }: AppChecks, path: string): FieldError[] {
  return Object.entries({ startup, readiness, liveness }).flatMap(([name, given]) =>
    given === undefined ? [] : probeErrors(given, `${path}.${name}`, `${name}Probe`),
  );
}
