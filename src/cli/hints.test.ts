import { expect, test } from "vitest";
import { inNamespace } from "./hints.ts";

test.each([
  ["The apps there are: nagi apps", "The apps there are: nagi apps --namespace team"],
  [
    "If meant: nagi volumes destroy a --confirm a. To keep: nagi addons dump a",
    "If meant: nagi volumes --namespace team destroy a --confirm a. To keep: nagi addons --namespace team dump a",
  ],
  ["nagi run --app shop env", "nagi run --namespace team --app shop env"],
  [
    "nagi get templates -n openshift; nagi new-app",
    "nagi get templates -n openshift; nagi new-app --namespace team",
  ],
  ["See: nagi deploys --help", "See: nagi deploys --help"],
  ["nagi login SERVER --token TOKEN", "nagi login SERVER --token TOKEN"],
  ["nagi cannot say; git push nagi main", "nagi cannot say; git push nagi main"],
])("%s", (line, wanted) => expect(inNamespace(line, "team")).toBe(wanted));
