import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { array, boolean, object, required, string, type Infer } from "../../../schema.ts";
import { userInfo } from "../user-info.ts";

const fields = {
  spec: required(
    object(
      "The token that is asked about.",
      {
        token: string("The token."),
        audiences: array(string("Audience."), "Whom the token should be for."),
      },
      { name: "io.k8s.api.authentication.v1.TokenReviewSpec" },
    ),
  ),
  status: object(
    "Whose token it is.",
    {
      authenticated: boolean("Whether the token is valid."),
      user: userInfo,
      audiences: array(string("Audience."), "Whom the token is for."),
      error: string("Why the token could not be checked."),
    },
    { name: "io.k8s.api.authentication.v1.TokenReviewStatus" },
  ),
};
const schema = object("", fields);
export interface TokenReview extends KubeObject, Infer<typeof schema> {}

export const tokenReview = defineKind<TokenReview>({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenReview",
  plural: "tokenreviews",
  namespaced: false,
  description: "Asks whose token it is. Answered at once; not stored.",
  fields,
  verbs: ["create"],
});
