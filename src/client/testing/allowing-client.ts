/** Every token is of a user of the same name, who may do everything. */

import type { Kind } from "../../model/kind.ts";
import type { TokenReview } from "../../model/kinds/authentication/tokenreview/tokenreview.ts";
import type { KubeObject } from "../../model/meta.ts";
import type { WriteOptions } from "../client.ts";
import { FakeClient } from "./fake-client.ts";

export class AllowingClient extends FakeClient {
  override async create<T extends KubeObject>(kind: Kind<T>, object: T, options?: WriteOptions): Promise<T> {
    if (kind.kind === "TokenReview") {
      const username = (object as unknown as TokenReview).spec.token;
      return { ...object, status: { authenticated: true, user: { username } } };
    }
    if (kind.kind === "SubjectAccessReview") return { ...object, status: { allowed: true } };
    return await super.create(kind, object, options);
  }
}
