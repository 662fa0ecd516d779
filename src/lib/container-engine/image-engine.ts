/** Images of a container engine, and the builds that make them. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { buildQuery, type BuildOptions, type PullOptions, type RegistryAuth } from "./engine-build.ts";
import { EngineConnection } from "./engine-connection.ts";
import { isEngineError } from "./engine-transport.ts";
import type { ImageDetails, ImageSummary, Progress } from "./engine-types.ts";
import { onceWritten, whileContainersGo, whileImagesGo, type BuildContext } from "./passing-faults.ts";
import { RecentAnswers } from "../recent-answers.ts";

/** How old what is known of an image may be for `recentImage`. */
const imageFreshMs = 2000;
const recentImagesMax = 256;

export class ImageEngine extends EngineConnection {
  readonly #recentImages = new RecentAnswers<ImageDetails>({
    freshMs: imageFreshMs,
    max: recentImagesMax,
    now: () => performance.now(),
  });

  /**
   * Images with a tag that matches the pattern, as `127.0.0.1:5000/*\/*`. Never all of them: the engine adds up the
   * layers of each one that it lists, which takes it seconds of processor time when there are hundreds.
   */
  listImages(reference: string, signal?: AbortSignal): Promise<ImageSummary[]> {
    return this.get("/images/json", { filters: { reference: [reference] } }, { signal });
  }

  inspectImage(reference: string): Promise<ImageDetails> {
    return onceWritten(() => this.get(`/images/${imagePath(reference)}/json`));
  }

  /** As `inspectImage`, though up to two seconds old: a build and the pods that follow it ask for the same. */
  recentImage(reference: string): Promise<ImageDetails> {
    return this.#recentImages.get(reference, () => this.inspectImage(reference));
  }

  async hasImage(reference: string): Promise<boolean> {
    try {
      await this.inspectImage(reference);
      return true;
    } catch (error) {
      if (isEngineError(error, 404)) return false;
      throw error;
    }
  }

  /** Builds from a context. Throws an EngineError when the build fails. */
  async *buildImage(context: BuildContext, options: BuildOptions): AsyncGenerator<Progress> {
    const query = buildQuery(options, await this.isPodman());
    const auth = options.registryAuth;
    const headers = {
      "Content-Type": "application/x-tar",
      ...(auth === undefined ? {} : { "X-Registry-Config": encoded(auth) }),
    };
    const { signal } = options;
    yield* whileImagesGo(context, (file) =>
      this.progress({ method: "POST", path: "/build", query, file, headers, signal }),
    );
  }

  /**
   * Containers that builds with this control group have left in Podman's storage, their ids. Others build on this
   * machine too, with the same storage: only what Podman itself wrote beside a container says whose it is. Docker
   * cleans up by itself.
   */
  async listBuildLeftovers(cgroup: string): Promise<readonly string[]> {
    if (!(await this.isPodman())) return [];
    const query = { all: true, external: true };
    const found = await whileContainersGo(() =>
      this.call<readonly { readonly Id: string; readonly State: string }[]>({
        method: "GET",
        path: "/libpod/containers/json",
        query,
        native: true,
      }),
    );
    const { root, driver } = await this.storage();
    const ids: string[] = [];
    for (const { Id, State } of found) {
      if (State !== "storage") continue;
      const file = join(root, `${driver}-containers`, Id, "userdata", "buildah.json");
      // Gone meanwhile, not of a build, or the engine's files are not on this machine: not known to be ours.
      const text = await readFile(file, "utf8").catch(() => "");
      if (text.includes(`"CgroupParent":${JSON.stringify(cgroup)}`)) ids.push(Id);
    }
    return ids;
  }

  async removeBuildLeftover(id: string): Promise<void> {
    const path = `/libpod/containers/${id}`;
    await this.call({ method: "DELETE", path, query: { force: true }, native: true });
  }

  /** Podman takes `insecure` from the request, Docker treats loopback registries so by itself. */
  async *pushImage(
    reference: string,
    options: {
      readonly auth?: RegistryAuth | undefined;
      readonly insecure?: boolean;
      readonly signal?: AbortSignal;
    },
  ): AsyncGenerator<Progress> {
    const { name, tag } = splitReference(reference);
    yield* this.progress({
      method: "POST",
      path: `/images/${imagePath(name)}/push`,
      query: { tag, ...(options.insecure === true ? { tlsVerify: false } : {}) },
      headers: { "X-Registry-Auth": encoded(options.auth ?? {}) },
      signal: options.signal,
    });
  }

  async *pullImage(reference: string, options: PullOptions = {}): AsyncGenerator<Progress> {
    const fromImage = reference.includes("@") ? reference : joinReference(splitReference(reference));
    yield* this.progress({
      method: "POST",
      path: "/images/create",
      query: {
        fromImage,
        platform: options.platform,
        tlsVerify: options.insecure === true ? false : undefined,
      },
      headers: options.auth === undefined ? {} : { "X-Registry-Auth": encoded(options.auth) },
      signal: options.signal,
    });
    this.#recentImages.forget(reference);
  }

  /** Makes an image of one layer from the tar of a root file system. `changes` are Containerfile lines. */
  async importImage(
    rootfs: AsyncIterable<unknown>,
    reference: string,
    changes: readonly string[] = [],
    signal?: AbortSignal,
  ): Promise<void> {
    // The tag is part of the name, since Podman 4 overlooks the parameter.
    const query = { fromSrc: "-", repo: joinReference(splitReference(reference)), changes };
    await drain(this.progress({ method: "POST", path: "/images/create", query, file: rootfs, signal }));
  }

  /** Takes in images as `save` writes them (docker-archive or oci-archive). */
  async loadImage(archive: AsyncIterable<unknown>): Promise<void> {
    await drain(this.progress({ method: "POST", path: "/images/load", file: archive }));
  }

  async tagImage(source: string, reference: string): Promise<void> {
    const { name, tag } = splitReference(reference);
    this.#recentImages.forget(reference);
    await this.post(`/images/${imagePath(source)}/tag`, { repo: name, tag });
  }

  /** No error when it does not exist. */
  async removeImage(reference: string, options: { readonly force?: boolean } = {}): Promise<void> {
    this.#recentImages.forget(reference);
    try {
      const path = `/images/${imagePath(reference)}`;
      await this.call({ method: "DELETE", path, query: { force: options.force ?? false } });
    } catch (error) {
      if (!isEngineError(error, 404)) throw error;
    }
  }
}

/** Runs an operation that tells its progress to its end. */
export async function drain(progress: AsyncIterable<Progress>): Promise<void> {
  for await (const step of progress) void step;
}

/** `host:port/name:tag` taken apart; without a tag it is `latest`. */
export function splitReference(reference: string): { readonly name: string; readonly tag: string } {
  const colon = reference.lastIndexOf(":");
  if (colon < 0 || reference.includes("/", colon)) return { name: reference, tag: "latest" };
  return { name: reference.slice(0, colon), tag: reference.slice(colon + 1) };
}

function joinReference({ name, tag }: { readonly name: string; readonly tag: string }): string {
  return `${name}:${tag}`;
}

function imagePath(reference: string): string {
  return encodeURIComponent(reference).replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%40", "@");
}

function encoded(value: object): string {
  // The URL-safe alphabet, with the padding that `base64url` of Node leaves out and Podman insists on.
  const text = Buffer.from(JSON.stringify(value)).toString("base64");
  return text.replaceAll("+", "-").replaceAll("/", "_");
}
