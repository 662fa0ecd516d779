import { array, map, object, string } from "../../schema.ts";

export const userInfo = object(
  "Who asks.",
  {
    username: string("Name of the user."),
    uid: string("Identity of the user."),
    groups: array(string("Group."), "Groups of the user."),
    extra: map(array(string("Value."), "Values."), "What else is known of the user."),
  },
  { name: "io.k8s.api.authentication.v1.UserInfo" },
);
