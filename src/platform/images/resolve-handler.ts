/** `GET /-/images/resolve?namespace=&image=` says by digest which image a name stands for now. For `nagi deploy --image`. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { isAllowed, tokenOf, userOfToken } from "../../client/access.ts";
import type { Client } from "../../client/client.ts";
import { pullEntries, type RegistryEntries } from "../../client/pull-secrets.ts";
import type { HttpHandler } from "../../lib/http-handler.ts";
import { resolveImage, type ImageSources } from "./resolve-image.ts";

const imageMaxLength = 1000;

export interface ResolveOptions extends Omit<ImageSources, "registryDigest"> {
  readonly client: Client;
  readonly registryDigest: (image: string, auths: RegistryEntries) => Promise<string>;
}

export class ResolveHandler implements HttpHandler {
  readonly prefix = "/-/images/resolve";
  readonly #options: ResolveOptions;

  constructor(options: ResolveOptions) {
    this.#options = options;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [status, body] = await this.#answer(request);
    response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
  }

  async #answer(request: IncomingMessage): Promise<readonly [number, object]> {
    const { client } = this.#options;
    const user = await userOfToken(client, tokenOf(request.headers.authorization) ?? "");
    if (user === undefined) return [401, { message: "log in with your API token" }];
    if (request.method !== "GET") return [405, { message: "use GET" }];
    const { searchParams } = new URL(request.url ?? "/", "http://images");
    const namespace = searchParams.get("namespace") ?? "default";
    const image = searchParams.get("image") ?? "";
    if (image === "" || image.length > imageMaxLength)
      return [400, { message: `image must be the name of an image of up to ${imageMaxLength} characters` }];
    // Whoever may not have it run has no reason to ask.
    const update = { verb: "update", group: "nagi.dev", resource: "apps", namespace };
    if (!(await isAllowed(client, user, update)))
      return [403, { message: `${user.username} may not deploy apps in namespace ${namespace}` }];
    const owner = this.#ownerOf(image);
    const layers = { group: "image.openshift.io", resource: "imagestreams", subresource: "layers" };
    if (owner !== undefined && !(await isAllowed(client, user, { verb: "get", ...layers, namespace: owner })))
      return [403, { message: `${user.username} may not take images of namespace ${owner}` }];
    const found = await resolveImage(image, {
      ...this.#options,
      registryDigest: async (name) =>
        await this.#options.registryDigest(name, await pullEntries(client, namespace)),
    });
    return found.ok ? [200, { image: found.image }] : [404, { message: found.message }];
  }

  /** The images of the platform's own registry belong to namespaces. */
  #ownerOf(image: string): string | undefined {
    const prefix = `${this.#options.registryAddress}/`;
    return image.startsWith(prefix) ? image.slice(prefix.length).split("/")[0] : undefined;
  }
}
