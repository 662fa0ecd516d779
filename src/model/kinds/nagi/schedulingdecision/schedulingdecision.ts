import { defineKind } from "../../../define.ts";
import { orNone } from "../../../cells.ts";
import type { KubeObject } from "../../../meta.ts";
import {
  array,
  boolean,
  integer,
  number,
  object,
  oneOf,
  required,
  string,
  time,
  type Infer,
} from "../../../schema.ts";

const shortage = object(
  "What the node has too little of.",
  {
    resource: required(string("The resource, for instance cpu.")),
    needed: required(string("How much the pod asks for, as a quantity.")),
    free: required(string("How much of it the node has left.")),
    offered: required(string("How much of it the node offers in all.")),
  },
  { name: "dev.nagi.v1.Shortage" },
);

const holder = object(
  "A pod that stands in the way.",
  {
    pod: required(string("Namespace and name, as namespace/name.")),
    amount: string("How much of what is short it has, as a quantity."),
    port: string("The port of the node that it has, for instance 8080/TCP."),
  },
  { name: "dev.nagi.v1.Holder" },
);

const predicateVerdict = object(
  "What one rule said of the node.",
  {
    plugin: required(string("Name of the rule.")),
    policyName: string("Its name in an OpenShift v3 policy, for instance PodFitsPorts."),
    verdict: required(oneOf(["pass", "fail", "error", "skip"], "What it said.")),
    reason: string("Why it said no, as FailedScheduling counts it."),
    detail: string("The numbers and names behind it."),
    shortage,
    holders: array(holder, "The pods in the way, those that matter most first."),
  },
  { name: "dev.nagi.v1.PredicateVerdict" },
);
export interface PredicateVerdict extends Infer<typeof predicateVerdict> {}

const nodeScore = object(
  "What one priority gave the node.",
  {
    plugin: required(string("Name of the priority.")),
    raw: required(number("Its own number.")),
    normalized: required(number("Brought to the common range.")),
    weight: required(number("How much it counts.")),
    weighted: required(number("What it adds to the total.")),
  },
  { name: "dev.nagi.v1.NodeScore" },
);
export interface NodeScore extends Infer<typeof nodeScore> {}

const nodeDecision = object(
  "What was said of one node.",
  {
    name: required(string("Name of the node.")),
    feasible: required(boolean("Whether the pod could go there.")),
    predicates: array(predicateVerdict, "What the rules said."),
    scores: array(nodeScore, "What the priorities gave."),
    total: number("Sum of the weighted scores."),
  },
  { name: "dev.nagi.v1.NodeDecision" },
);
export interface NodeDecision extends Infer<typeof nodeDecision> {}

const changeTypes = [
  "AddNode",
  "ChangePod",
  "DeletePod",
  "LabelNode",
  "LowerRequests",
  "RaisePriority",
  "RemoveTaint",
  "ScaleDown",
  "Tolerate",
  "Uncordon",
] as const;

const suggestion = object(
  "Changes that together would place the pod: tried on a copy of the cluster, with the same rules.",
  {
    summary: required(string("What to do, in one sentence.")),
    changes: required(
      array(
        object(
          "One change.",
          {
            type: required(oneOf(changeTypes, "What kind of change it is.")),
            target: required(string("What is changed: pod/namespace/name, node/name.")),
            summary: required(string("The change in a few words.")),
            command: string("A command that makes it."),
          },
          { name: "dev.nagi.v1.SuggestedChange" },
        ),
        "All of them are needed.",
      ),
    ),
    node: required(string("Node on which the pod would land.")),
    note: string("What else would follow."),
  },
  { name: "dev.nagi.v1.Suggestion" },
);
export interface Suggestion extends Infer<typeof suggestion> {}

const decisionSpec = object(
  "A decision and what led to it.",
  {
    pod: required(
      object(
        "The pod.",
        {
          name: required(string("Name of the pod.")),
          namespace: string("Namespace of the pod."),
          uid: string("UID of the pod."),
        },
        { name: "dev.nagi.v1.DecidedPod" },
      ),
    ),
    node: string("Node that was chosen."),
    outcome: required(oneOf(["Scheduled", "Unschedulable", "Gated", "Error"], "How it ended.")),
    message: string("The decision in one sentence."),
    decidedAt: time("When it was made."),
    scheduler: string("Scheduler that decided."),
    evaluatedNodes: integer("How many nodes were looked at: all there were."),
    feasibleNodes: integer("How many of them could take the pod."),
    reasons: array(
      object(
        "One reason.",
        {
          reason: required(string("The reason, as FailedScheduling counts it.")),
          count: required(integer("How many nodes gave it.")),
        },
        { name: "dev.nagi.v1.ReasonCount" },
      ),
      "Why nodes could not take the pod, and how many.",
    ),
    nodes: array(nodeDecision, "What was said of each node; the telling ones where there are many.", {
      mergeKey: "name",
    }),
    suggestions: array(
      suggestion,
      "What would help, the smallest changes first. Absent: nothing was tried yet; empty: nothing was found.",
    ),
    omittedNodes: integer("How many nodes were looked at that are not in the list."),
    tie: object(
      "How it was chosen among equals.",
      {
        candidates: array(string("Name."), "Nodes with the best total."),
        count: integer("How many nodes had the best total."),
        seed: number("Seed of the choice."),
        chosen: string("The node that was drawn."),
      },
      { name: "dev.nagi.v1.DecisionTie" },
    ),
  },
  { name: "dev.nagi.v1.SchedulingDecisionSpec" },
);
export interface SchedulingDecisionSpec extends Infer<typeof decisionSpec> {}

const fields = { spec: required(decisionSpec) };
const schema = object("", fields);
export interface SchedulingDecision extends KubeObject, Infer<typeof schema> {}

export const schedulingDecision = defineKind<SchedulingDecision>({
  group: "nagi.dev",
  version: "v1",
  kind: "SchedulingDecision",
  plural: "schedulingdecisions",
  shortNames: ["sd"],
  description: "Why the scheduler put a pod where it is, or why the pod waits: every rule, every node.",
  fields,
  columns: [
    { name: "Pod", type: "string", description: "The pod.", value: ({ spec }) => spec.pod.name },
    { name: "Outcome", type: "string", description: "How it ended.", value: ({ spec }) => spec.outcome },
    {
      name: "Node",
      type: "string",
      description: "Node that was chosen.",
      value: ({ spec }) => orNone(spec.node),
    },
    {
      name: "Feasible",
      type: "string",
      description: "On how many of the nodes the pod could go.",
      value: ({ spec: { feasibleNodes, evaluatedNodes } }) =>
        evaluatedNodes === undefined ? orNone(undefined) : `${feasibleNodes ?? 0}/${evaluatedNodes}`,
    },
    {
      name: "Message",
      type: "string",
      priority: 1,
      description: "The decision in one sentence.",
      value: ({ spec }) => spec.message ?? "",
    },
  ],
  selectableFields: {
    "spec.node": ({ spec }) => spec.node ?? "",
    "spec.outcome": ({ spec }) => spec.outcome,
  },
});
