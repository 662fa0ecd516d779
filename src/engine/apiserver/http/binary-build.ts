/**
 * `POST buildconfigs/NAME/instantiatebinary`: a build of what is sent, as `oc start-build --from-dir`, `--from-archive`,
 * `--from-repo` (a tar, as a rule compressed, or a zip) and `--from-file` (`asFile` says its name) ask for one.
 *
 * What must stay true: nothing is stored for a configuration that is not there; the answer is the Build, made when all
 * of its source is kept.
 */

import type { IncomingMessage } from "node:http";
import { PassThrough, type Readable } from "node:stream";
import type { Client } from "../../../client/client.ts";
import { startBuild } from "../../../client/start-build.ts";
import type { UserInfo } from "../../../client/user.ts";
import { messageOf } from "../../../lib/errors.ts";
import { SourceTooLargeError, type SourceStore } from "../../../lib/source-store.ts";
import { UploadProblem } from "../../../lib/upload-problem.ts";
import { withFileTar, withUploadedTar } from "../../../lib/uploaded-source.ts";
import type { Build } from "../../../model/kinds/build/build/build.ts";
import type { SourceRevision } from "../../../model/kinds/build/build-spec.ts";
import { buildConfig } from "../../../model/kinds/build/buildconfig/buildconfig.ts";
import { StatusError } from "../../../model/status.ts";
import { badRequest, tooManyRequests } from "../api-errors.ts";

/** Uploads at a time. */
const maxConcurrent = 16;
const fieldMaxLength = 1000;

export interface BinaryBuildsOptions {
  readonly clientFor: (user: UserInfo) => Client;
  readonly sources: Pick<SourceStore, "put">;
}

export interface BinaryRequest {
  readonly request: IncomingMessage;
  readonly query: URLSearchParams;
  readonly user: UserInfo;
}

export class BinaryBuilds {
  readonly #options: BinaryBuildsOptions;
  #running = 0;

  constructor(options: BinaryBuildsOptions) {
    this.#options = options;
  }

  /** The user may create this subresource. */
  async start(
    { request, query, user }: BinaryRequest,
    { namespace, name }: { readonly namespace: string; readonly name: string },
  ): Promise<Build> {
    if (this.#running >= maxConcurrent) throw tooManyRequests("too many sources are sent at once");
    this.#running += 1;
    try {
      const client = this.#options.clientFor(user);
      const asked = askedIn(query);
      await client.get(buildConfig, { namespace, name });
      const source = await this.#keep(request, asked.asFile);
      const { revision } = asked;
      return await startBuild(client, { namespace, name }, { cause: "Manually triggered", source, revision });
    } finally {
      this.#running -= 1;
      // So that who still sends hears the answer.
      request.resume();
    }
  }

  async #keep(request: IncomingMessage, asFile: string | undefined): Promise<string> {
    const { sources } = this.#options;
    const content = contentOf(request);
    try {
      const { id } =
        asFile === undefined
          ? await withUploadedTar(content, (tar) => sources.put(tar))
          : await withFileTar(content, asFile, (tar) => sources.put(tar));
      return id;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOSPC" || code === "EDQUOT") throw error;
      if (error instanceof SourceTooLargeError) throw new StatusError("RequestEntityTooLarge", error.message);
      if (error instanceof UploadProblem) throw badRequest(error.message);
      throw badRequest(`cannot take the source: ${messageOf(error)}`);
    } finally {
      content.destroy();
    }
  }
}

/** The rest of a body that nobody wants is thrown away, not its connection. */
function contentOf(request: IncomingMessage): Readable {
  const content = new PassThrough();
  request.on("error", (error) => content.destroy(error));
  request.on("aborted", () => content.destroy(new Error("the body ended early")));
  request.pipe(content);
  content.on("close", () => request.unpipe(content));
  content.on("error", () => undefined);
  // Gone before anybody listened.
  if (request.destroyed) content.destroy(new Error("the body ended early"));
  return content;
}

interface Asked {
  readonly asFile: string | undefined;
  readonly revision: SourceRevision | undefined;
}

/** OpenShift's BinaryBuildRequestOptions, which are parameters of the query. */
function askedIn(query: URLSearchParams): Asked {
  const text = (name: string): string | undefined => {
    const value = query.get(name) ?? "";
    if (value.length > fieldMaxLength) throw badRequest(`${name} has more than ${fieldMaxLength} characters`);
    return value === "" ? undefined : value;
  };
  const asFile = text("asFile");
  if (asFile !== undefined && (asFile.startsWith("/") || /(^|\/)\.{0,2}(\/|$)|[\0\n]/.test(asFile)))
    throw badRequest(
      `asFile is ${JSON.stringify(asFile)}: it must be a path within the source, for instance Dockerfile`,
    );
  const person = (who: string) => {
    const [name, email] = [text(`revision.${who}Name`), text(`revision.${who}Email`)];
    return name === undefined && email === undefined ? undefined : { name, email };
  };
  const git = {
    commit: text("revision.commit"),
    message: text("revision.message"),
    author: person("author"),
    committer: person("committer"),
  };
  const isTold = Object.values(git).some((value) => value !== undefined);
  return { asFile, revision: isTold ? { type: "Git", git } : undefined };
}
