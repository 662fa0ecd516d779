/** What a random history is about. With everything at once hardly any pod would fit anywhere. */

export const topics = [
  "nodes",
  "ports",
  "resources",
  "spread",
  "affinity",
  "volumes",
  "images",
  "preemption",
  "owners",
  /** A policy file of OpenShift v3 decides. */
  "policy",
] as const;

export type Topic = (typeof topics)[number];
export type Topics = ReadonlySet<Topic>;
