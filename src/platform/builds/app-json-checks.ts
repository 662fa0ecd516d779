/** The health checks of app.json, as Dokku has them, in Kubernetes' shape. Pure. */

import { isJsonObject } from "../../model/json.ts";
import type { Probe } from "../../model/kinds/core/pod/probe.ts";
import { checkProcessType } from "../../model/kinds/nagi/app-names.ts";
import type { AppChecks } from "../../model/kinds/nagi/app/app-checks.ts";
import { listAt, mapAt, needed, objectAt, optional, Problem, shown, whole } from "./app-json-fields.ts";

const types = ["startup", "readiness", "liveness"] as const;
const maxPort = 65_535;
/** Of web: the port that it finds in PORT. */
const webPort = "http";

const unavailable: Readonly<Record<string, string>> = {
  content: "the status of the answer decides",
  uptime: "a process that ends is started again anyway",
  warn: "a failing check always counts",
  onFailure: "what fails is told in the app's events",
};

const known: readonly string[] = [
  "type",
  "name",
  "description",
  "path",
  "port",
  "scheme",
  "httpHeaders",
  "command",
  "listening",
  "attempts",
  "timeout",
  "wait",
  "initialDelay",
];

/** Of each process type at most one of a type. */
export function readHealthchecks(given: unknown, notices: string[]): Record<string, AppChecks> {
  return mapAt(given, "healthchecks", (value, path, process) => {
    const problem = checkProcessType(process);
    if (problem !== undefined) throw new Problem(`${path} is not a process type: it ${problem}`);
    const checks: AppChecks = {};
    for (const [index, each] of listAt(value, path).entries()) {
      const at = `${path}[${index}]`;
      const found = readCheck(objectAt(each, at), at, { process, notices });
      if (found === undefined) continue;
      if (checks[found.type] !== undefined)
        throw new Problem(`${at}.type is ${shown(found.type)}: ${process} has such a check already`);
      checks[found.type] = found.probe;
    }
    return checks;
  });
}

interface Place {
  readonly process: string;
  readonly notices: string[];
}

type Given = Readonly<Record<string, unknown>>;

function readCheck(
  given: Given,
  path: string,
  place: Place,
): { readonly type: (typeof types)[number]; readonly probe: Probe } | undefined {
  for (const name of Object.keys(given))
    if (!known.includes(name))
      place.notices.push(
        `${path}.${name} is ignored: ${unavailable[name] ?? "Nagi does not know this field"}`,
      );
  const { type: wanted = "startup" } = given;
  const type = types.find((each) => each === wanted);
  if (type === undefined)
    throw new Problem(`${path}.type is ${shown(wanted)}: must be one of ${types.join(", ")}`);
  const asked = readAction(given, path, place);
  if (asked === undefined) {
    place.notices.push(`${path} is ignored: it has no path, command or listening`);
    return undefined;
  }
  const times = {
    failureThreshold: whole(given["attempts"], `${path}.attempts`, 1),
    timeoutSeconds: whole(given["timeout"], `${path}.timeout`, 1),
    periodSeconds: whole(given["wait"], `${path}.wait`, 1),
    initialDelaySeconds: whole(given["initialDelay"], `${path}.initialDelay`, 0),
  };
  const said = Object.entries(times).filter(([, value]) => value !== undefined);
  return { type, probe: { ...asked, ...Object.fromEntries(said) } };
}

function readAction(given: Given, path: string, { process }: Place): Probe | undefined {
  const { command, path: url, listening, port, scheme } = given;
  if (command !== undefined) return { exec: { command: readCommand(command, `${path}.command`) } };
  if (url === undefined && listening !== true) return undefined;
  const number = whole(port, `${path}.port`, 1);
  if (number !== undefined && number > maxPort)
    throw new Problem(`${path}.port is ${number}: must be at most ${maxPort}`);
  const to = number ?? (process === "web" ? webPort : undefined);
  if (to === undefined) throw new Problem(`${path}.port is missing: only web has a port of its own`);
  if (url === undefined) return { tcpSocket: { port: to } };
  const upper = optional(scheme, `${path}.scheme`, "string")?.toUpperCase();
  if (upper !== undefined && upper !== "HTTP" && upper !== "HTTPS")
    throw new Problem(`${path}.scheme is ${shown(scheme)}: must be http or https`);
  const httpHeaders = listAt(given["httpHeaders"], `${path}.httpHeaders`).map((each, index) => {
    const header = objectAt(each, `${path}.httpHeaders[${index}]`);
    return {
      name: needed(header["name"], `${path}.httpHeaders[${index}].name`),
      value: needed(header["value"], `${path}.httpHeaders[${index}].value`),
    };
  });
  return {
    httpGet: {
      path: needed(url, `${path}.path`),
      port: to,
      ...(upper === undefined ? {} : { scheme: upper }),
      ...(httpHeaders.length === 0 ? {} : { httpHeaders }),
    },
  };
}

function readCommand(given: unknown, path: string): string[] {
  if (typeof given === "string" && given.trim() !== "") return ["/bin/sh", "-c", given];
  if (Array.isArray(given) && given.length > 0 && !isJsonObject(given))
    return given.map((word, index) => needed(word, `${path}[${index}]`));
  throw new Problem(`${path} is ${shown(given)}: must be a list of words, or one command`);
}
