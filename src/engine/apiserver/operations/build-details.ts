/**
 * The subresource `details` of a Build, by which OpenShift's builders tell which commit they found. Only that is taken:
 * the status is the platform's to write.
 */

import { forbidden } from "../../../model/field-error.ts";
import { isJsonEqual } from "../../../model/json.ts";
import { build, type Build } from "../../../model/kinds/build/build/build.ts";
import type { KubeObject } from "../../../model/meta.ts";
import { invalidError } from "../../../model/validate.ts";

export function withDetails(previous: KubeObject, given: KubeObject): KubeObject {
  const old = previous as Build;
  const wanted = (given as Partial<Build>).spec?.revision;
  if (old.spec.revision !== undefined && wanted !== undefined && !isJsonEqual(old.spec.revision, wanted)) {
    const error = forbidden("spec.revision", "is known already; a build is of one commit");
    throw invalidError(build, old, [error]);
  }
  const { resourceVersion } = given.metadata;
  const revision = old.spec.revision ?? wanted;
  const next: Build = {
    ...old,
    metadata: { ...old.metadata, resourceVersion },
    spec: { ...old.spec, ...(revision === undefined ? {} : { revision }) },
  };
  return next;
}
