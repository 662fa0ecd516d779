/** The fields of OpenShift v3's policy file: `kind: Policy`, `apiVersion: v1`. */

import { array, boolean, integer, object, required, string, type Infer } from "../../model/schema.ts";
import { extenderTls, managedResource } from "./kube-schema.ts";
import { ratioArgs } from "./plugin-args.ts";

const listMax = 100;
/** As Kubernetes 1.x had it: a larger weight would overflow a sum. */
const weightMax = 1_000_000;

const labels = array(string("Label."), "Labels of nodes.", { minLength: 1, maxLength: listMax });

const predicateArgument = object("What the rule is, and with which labels.", {
  serviceAffinity: object("Pods of a service share these labels of their nodes.", {
    labels: required(labels),
  }),
  labelsPresence: object("Nodes have these labels, or have them not.", {
    labels: required(labels),
    presence: boolean("Whether they must be there.", { default: false }),
  }),
});

const priorityArgument = object("What the score is, and with which label.", {
  serviceAntiAffinity: object("Pods of a service spread over the values of this label.", {
    label: required(string("Label.")),
  }),
  labelPreference: object("Better nodes with this label, or without it.", {
    label: required(string("Label.")),
    presence: boolean("Whether it had better be there.", { default: false }),
  }),
  requestedToCapacityRatioArguments: ratioArgs,
});

const predicate = object("A rule.", {
  name: required(string("One of those that there are, or any name for one with an argument.")),
  argument: predicateArgument,
});
export type PredicateDocument = Infer<typeof predicate>;

const priority = object("A score.", {
  name: required(string("One of those that there are, or any name for one with an argument.")),
  weight: integer("How much it counts.", { default: 0, max: weightMax }),
  argument: priorityArgument,
});
export type PriorityDocument = Infer<typeof priority>;

const extender = object("A web server that is asked besides the rules.", {
  urlPrefix: required(string("For instance http://127.0.0.1:8888/scheduler.")),
  apiVersion: string("As the days of the file had it."),
  filterVerb: string("Path of its filter."),
  prioritizeVerb: string("Path of its scores."),
  preemptVerb: string("Path of its choice of victims."),
  bindVerb: string("Path of its binding."),
  weight: integer("Of its scores."),
  enableHttps: boolean("Whether it is asked over HTTPS."),
  tlsConfig: extenderTls,
  httpTimeout: integer("In nanoseconds.", { min: 0 }),
  nodeCacheCapable: boolean("Whether names of nodes are enough for it."),
  managedResources: array(managedResource, "It is asked only about pods that ask for one of these."),
  ignorable: boolean("Whether pods are placed when it fails."),
});
export type PolicyExtenderDocument = Infer<typeof extender>;

export const policyFile = object("What decides about pods.", {
  apiVersion: required(string("v1")),
  kind: required(string("Policy")),
  predicates: array(predicate, "Rules.", { maxLength: listMax }),
  priorities: array(priority, "Scores.", { maxLength: listMax }),
  extenders: array(extender, "Web servers that are asked too.", { maxLength: listMax }),
  hardPodAffinitySymmetricWeight: integer("Of required pod affinity, as a wish the other way round.", {
    default: 1,
    min: 0,
    max: 100,
  }),
  alwaysCheckAllPredicates: boolean("Has no effect: explanations always name all rules that say no."),
});
export type PolicyDocument = Infer<typeof policyFile>;
