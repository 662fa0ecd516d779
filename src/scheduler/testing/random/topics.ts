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
] as const;

export type Topic = (typeof topics)[number];
export type Topics = ReadonlySet<Topic>;
