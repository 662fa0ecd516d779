/**
 * Writes that the API refuses for a reason that a user can act on (an account that is missing, a namespace on
 * its way out): told by condition and event, tried again after a while, and no fault of the controller's.
 */

import { isStatus } from "../../../model/status.ts";

export const refusalRecheckMs = 10_000;

export function isRefusal(error: unknown): boolean {
  return isStatus(error, "Forbidden", "Invalid", "NotFound");
}
