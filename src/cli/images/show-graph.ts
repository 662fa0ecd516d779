/** `nagi images graph`. */

import { build } from "../../model/kinds/build/build/build.ts";
import { imageStream } from "../../model/kinds/image/imagestream/imagestream.ts";
import { app } from "../../model/kinds/nagi/app/app.ts";
import { release } from "../../model/kinds/nagi/release/release.ts";
import { UsageError, type CommandContext } from "../command.ts";
import { graphAround, imageGraph } from "./graph.ts";
import { graphSvg } from "./graph-svg.ts";
import { graphTree, moveLines } from "./graph-tree.ts";

export async function showGraph(context: CommandContext, words: readonly string[]): Promise<void> {
  const [name, ...more] = words;
  if (more.length > 0)
    throw new UsageError("nagi images graph takes one stream or app", "For all there are: nagi images graph");
  const client = await context.client();
  const namespace = await context.namespace();
  const [streams, builds, apps, releases] = await Promise.all([
    client.list(imageStream, { namespace }),
    client.list(build, { namespace }),
    client.list(app, { namespace }),
    client.list(release, { namespace }),
  ]);
  const all = imageGraph({
    streams: streams.items,
    builds: builds.items,
    apps: apps.items,
    releases: releases.items,
    nowMs: Date.now(),
  });
  const graph = name === undefined ? all : graphAround(all, name);
  if (name !== undefined && graph.nodes.length === 0)
    throw new UsageError(`there is no stream or app ${name}`, "Those that there are: nagi images graph");
  const { terminal } = context;
  if (context.flag("svg") || context.text("output") === "svg") return terminal.write(graphSvg(graph));
  if (graph.nodes.length === 0)
    return terminal.note("No images and no apps yet. A build makes them: git push nagi main");
  terminal.print([graphTree(graph), ...withGap(moveLines(graph))].join("\n"));
}

function withGap(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", ...lines];
}
