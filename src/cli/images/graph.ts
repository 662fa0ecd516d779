/** Who follows whom: images from outside, platforms, builds, tags, apps and their releases, as a graph. Pure. */

import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { sourceOfBuild } from "./graph-sources.ts";
import type { Build } from "../../model/kinds/build/build/build.ts";
import type { ImageStream } from "../../model/kinds/image/imagestream/imagestream.ts";
import type { SpecTag, TagHistory } from "../../model/kinds/image/tag-items.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";
import { ageText } from "../../model/table.ts";
import { shortDigest } from "./image-streams.ts";

export type NodeKind = "outside" | "platform" | "builds" | "tag" | "app";

export interface GraphNode {
  readonly id: string;
  readonly kind: NodeKind;
  readonly title: string;
  /** What stands below the title. */
  readonly detail: string;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  /** Whether what happens at its start goes on to its end by itself; else it was done once, by hand. */
  readonly moves: boolean;
}

export interface ImageGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export interface GraphInput {
  /** All of one namespace. */
  readonly streams: readonly ImageStream[];
  readonly builds: readonly Build[];
  readonly apps: readonly App[];
  readonly releases: readonly Release[];
  readonly nowMs: number;
}

export function imageGraph(input: GraphInput): ImageGraph {
  const made = new Drawing();
  for (const stream of input.streams) addTags(made, stream, input);
  addBuilds(made, input);
  for (const app of input.apps) addApp(made, app, input);
  return made.graph();
}

/** Only what hangs together with the stream or the app of that name. */
export function graphAround({ nodes, edges }: ImageGraph, name: string): ImageGraph {
  const isMeant = ({ id }: GraphNode): boolean => id === `app ${name}` || id.startsWith(`tag ${name}:`);
  const reached = new Set(nodes.filter(isMeant).map(({ id }) => id));
  for (let size = -1; size !== reached.size;) {
    size = reached.size;
    for (const { from, to } of edges) {
      if (reached.has(from)) reached.add(to);
      if (reached.has(to)) reached.add(from);
    }
  }
  return {
    nodes: nodes.filter(({ id }) => reached.has(id)),
    edges: edges.filter(({ from }) => reached.has(from)),
  };
}

/** The apps that are released when the tag moves, directly or by tags that follow it. */
export function releasedBy({ edges }: ImageGraph, tagId: string): readonly string[] {
  const reached = new Set([tagId]);
  // What is added is looked at too: a set is walked in the order in which it grows.
  for (const id of reached)
    for (const { from, to, moves } of edges) if (moves && from === id) reached.add(to);
  return [...reached].filter((id) => id.startsWith("app ")).map((id) => id.slice("app ".length));
}

class Drawing {
  readonly #nodes = new Map<string, GraphNode>();
  readonly #edges: GraphEdge[] = [];

  /** What was said first of a node stays. */
  node(node: GraphNode): string {
    if (!this.#nodes.has(node.id)) this.#nodes.set(node.id, node);
    return node.id;
  }

  edge(edge: GraphEdge): void {
    this.#edges.push(edge);
  }

  /** A node that is only named by others is shown as missing. */
  graph(): ImageGraph {
    for (const { from } of this.#edges) {
      const [kind = "", ...words] = from.split(" ");
      this.node({ id: from, kind: kind as NodeKind, title: words.join(" "), detail: "is not there" });
    }
    return { nodes: [...this.#nodes.values()], edges: this.#edges };
  }
}

const tagId = (name: string): string => `tag ${name}`;

function addTags(made: Drawing, { metadata, spec, status }: ImageStream, { nowMs }: GraphInput): void {
  const pointing = (status?.tags ?? []).filter(({ items }) => items.length > 0);
  const wanted = (spec?.tags ?? []).filter(({ name }) => !pointing.some(({ tag }) => tag === name));
  const lists = [...pointing, ...wanted.map(({ name }): TagHistory => ({ tag: name, items: [] }))];
  for (const list of lists.toSorted((a, b) => (a.tag < b.tag ? -1 : 1))) {
    const title = `${metadata.name}:${list.tag}`;
    const id = made.node({ id: tagId(title), kind: "tag", title, detail: tagDetail(list, nowMs) });
    const asked = spec?.tags?.find(({ name }) => name === list.tag);
    const isInForce = (asked?.generation ?? 1) >= (list.items[0]?.generation ?? 1);
    if (asked?.from !== undefined && isInForce) addSource(made, id, asked);
  }
}

function tagDetail({ items }: TagHistory, nowMs: number): string {
  const [item] = items;
  return item === undefined
    ? "points nowhere yet"
    : `${shortDigest(item.image)}, ${ageText(item.created, nowMs)} ago`;
}

function addSource(made: Drawing, id: string, { from, reference, importPolicy }: SpecTag): void {
  const { kind, name = "" } = from ?? {};
  if (kind === "ImageStreamTag") {
    const source = name.includes(":") ? name : `${name}:latest`;
    return made.edge({ from: tagId(source), to: id, label: "follows", moves: true });
  }
  if (kind === "DockerImage") {
    const detail = reference === true ? "only named" : "of another registry";
    const outside = made.node({ id: `outside ${name}`, kind: "outside", title: name, detail });
    const isScheduled = importPolicy?.scheduled === true;
    const every = `imported every ${importPolicy?.intervalSeconds ?? 900}s`;
    return made.edge({ from: outside, to: id, label: isScheduled ? every : "imported", moves: isScheduled });
  }
}

/** Those of one tag are one node: what they say is of the newest. */
function addBuilds(made: Drawing, { builds, streams, nowMs }: GraphInput): void {
  const complete = builds.filter(({ status }) => status?.phase === "Complete");
  const groups = Map.groupBy(complete, ({ spec }) => tagOfBuild(spec.output?.to));
  for (const [target, group] of groups) {
    const [newest] = group.toSorted((a, b) => endOf(b) - endOf(a));
    if (target === undefined || newest === undefined) continue;
    const { metadata, spec, status } = newest;
    const commit = spec.revision?.git?.commit;
    const of = commit === undefined ? "" : ` of ${commit.slice(0, 7)}`;
    const id = made.node({
      id: `builds ${target}`,
      kind: "builds",
      title: `builds of ${metadata.labels?.[appLabel] ?? metadata.labels?.["buildconfig"] ?? target}`,
      detail: `${metadata.name}${of}, ${ageText(status?.completionTimestamp, nowMs)} ago`,
    });
    made.edge({ from: id, to: tagId(target), label: "pushes to", moves: true });
    addBase(made, id, newest, streams);
  }
}

function addBase(made: Drawing, id: string, build: Build, streams: readonly ImageStream[]): void {
  const source = sourceOfBuild(build);
  if (source === undefined) return;
  const { kind, name, moves } = source;
  if (kind === "platform")
    made.node({ id: `platform ${name}`, kind: "platform", title: name, detail: "platform" });
  const from = kind === "outside" ? addImage(made, name, streams) : `${kind} ${name}`;
  made.edge({ from, to: id, label: "is the base of", moves });
}

/** The tag that points at the image, else the image itself. */
function addImage(made: Drawing, name: string, streams: readonly ImageStream[]): string {
  for (const { metadata, status } of streams) {
    const list = status?.tags?.find(({ items }) => items[0]?.dockerImageReference === name);
    if (list !== undefined) return tagId(`${metadata.name}:${list.tag}`);
  }
  const isOwn = streams.some(({ status }) => name.startsWith(`${status?.dockerImageRepository ?? "none"}@`));
  const detail = isOwn ? "no tag points at it now" : "of another registry";
  return made.node({ id: `outside ${name}`, kind: "outside", title: name, detail });
}

function tagOfBuild(to: NonNullable<Build["spec"]["output"]>["to"]): string | undefined {
  return to?.kind === "DockerImage" ? undefined : targetOf(to?.name);
}

function targetOf(name: string | undefined): string | undefined {
  if (name === undefined || name === "") return undefined;
  return name.includes(":") ? name : `${name}:latest`;
}

function endOf({ status }: Build): number {
  return Date.parse(status?.completionTimestamp ?? "") || 0;
}

function addApp(made: Drawing, app: App, { releases, builds, streams }: GraphInput): void {
  const { name = "" } = app.metadata;
  const own = releases.filter(({ spec }) => spec.app === name);
  const id = made.node({ id: `app ${name}`, kind: "app", title: name, detail: appDetail(app, own, streams) });
  const tag = app.spec?.imageStreamTag;
  if (tag !== undefined) {
    return made.edge({ from: tagId(targetOf(tag) ?? tag), to: id, label: "releases", moves: true });
  }
  if (app.spec?.image !== undefined) {
    const from = addImage(made, app.spec.image, streams);
    return made.edge({ from, to: id, label: "was deployed to", moves: false });
  }
  const targets = new Set(
    builds
      .filter(({ metadata, status }) => metadata.labels?.[appLabel] === name && status?.phase === "Complete")
      .map(({ spec }) => tagOfBuild(spec.output?.to)),
  );
  for (const target of targets)
    if (target !== undefined) made.edge({ from: `builds ${target}`, to: id, label: "release", moves: true });
}

/** What is live, and what is on its way. */
function appDetail(
  { spec, status }: App,
  releases: readonly Release[],
  streams: readonly ImageStream[],
): string {
  const live = releases.find(({ metadata }) => metadata.name === status?.currentRelease);
  const newest = releases.toSorted((a, b) => b.spec.version - a.spec.version)[0];
  if (newest === undefined) return "nothing is released yet";
  const first =
    live === undefined ? `v${newest.spec.version} ${phaseOf(newest)}` : `v${live.spec.version} live`;
  const isOther = live !== undefined && newest !== live;
  const second = isOther ? `, v${newest.spec.version} ${phaseOf(newest)}` : "";
  return `${first}${second}${behindText(spec?.imageStreamTag, live, streams)}`;
}

function phaseOf({ status }: Release): string {
  return (status?.phase ?? "Pending").toLowerCase();
}

/** After a rollback: the tag points elsewhere, and its next move releases. */
function behindText(
  followed: string | undefined,
  live: Release | undefined,
  streams: readonly ImageStream[],
): string {
  if (followed === undefined || live === undefined) return "";
  const [stream, tag = "latest"] = followed.split(":");
  const found = streams.find(({ metadata }) => metadata.name === stream);
  const image = found?.status?.tags?.find((list) => list.tag === tag)?.items[0]?.image;
  const runs = live.spec.imageDigest ?? live.spec.image;
  return image === undefined || runs.endsWith(image) ? "" : `, not what ${followed} points at`;
}
