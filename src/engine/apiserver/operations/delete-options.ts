/** The options of a deletion as clients send them. */

import type { DeleteOptions } from "../../../client/client.ts";
import { isJsonObject } from "../../../model/json.ts";
import { badRequest } from "../api-errors.ts";

const policies = ["Background", "Foreground", "Orphan"] as const;

export function readDeleteOptions(given: unknown): DeleteOptions {
  if (given === undefined || given === null) return {};
  if (!isJsonObject(given)) throw badRequest("the options of a deletion must be an object");
  const orphan = given["orphanDependents"] === true ? "Orphan" : undefined;
  return {
    gracePeriodSeconds: secondsIn(given["gracePeriodSeconds"]),
    propagationPolicy: policyIn(given["propagationPolicy"]) ?? orphan,
    preconditions: preconditionsIn(given["preconditions"]),
  };
}

function secondsIn(given: unknown): number | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given === "number" && Number.isInteger(given)) return given;
  throw badRequest("gracePeriodSeconds must be a whole number");
}

function policyIn(given: unknown): DeleteOptions["propagationPolicy"] {
  if (given === undefined || given === null || given === "") return undefined;
  const policy = policies.find((each) => each === given);
  if (policy !== undefined) return policy;
  const list = policies.map((each) => JSON.stringify(each)).join(", ");
  throw badRequest(
    `propagationPolicy: Unsupported value: ${JSON.stringify(given)}: supported values: ${list}`,
  );
}

function preconditionsIn(given: unknown): DeleteOptions["preconditions"] {
  if (given === undefined || given === null) return undefined;
  if (!isJsonObject(given)) throw badRequest("preconditions must be an object");
  const { uid, resourceVersion } = given;
  return {
    uid: typeof uid === "string" ? uid : undefined,
    resourceVersion: typeof resourceVersion === "string" ? resourceVersion : undefined,
  };
}
