/**
 * `POST /-/detect` says what a source is, before anything is made of it: with `{paths}` it answers which files it wants
 * to read, with `{paths, texts}` what it found; `language` tells it otherwise. For `nagi new-app` and `nagi detect`.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { tokenOf, userOfToken } from "../../client/access.ts";
import type { Client } from "../../client/client.ts";
import type { HttpHandler } from "../../lib/http-handler.ts";
import { readJsonBody } from "../../lib/json-body.ts";
import { platform as platformKind } from "../../model/kinds/nagi/platform/platform.ts";
import { shownGitUrl } from "../../lib/git/git-url.ts";
import { isNotFound } from "../../model/status.ts";
import { isRead, planLanguage, recognise } from "./detect.ts";
import type { WantedBuildpacks } from "./buildpacks/wanted-buildpacks.ts";
import type { BuildPlan } from "./plan.ts";
import { sourceTreeLimits, type SourceTree } from "./source-tree.ts";

const bodyMaxCharacters = 16 * 1024 * 1024;

export interface Detected {
  readonly ok: boolean;
  /** What was found, or why nothing was. */
  readonly text: string;
  readonly notes: readonly string[];
  /** Process types and their commands. */
  readonly processes: Readonly<Record<string, string>>;
  /** That it is built on, and that it runs on where that is another one. */
  readonly platforms: readonly string[];
}

export class DetectHandler implements HttpHandler {
  readonly prefix = "/-/detect";
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [status, body] = await this.#answer(request);
    response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
  }

  async #answer(request: IncomingMessage): Promise<readonly [number, object]> {
    const user = await userOfToken(this.#client, tokenOf(request.headers.authorization) ?? "");
    if (user === undefined) return [401, { message: "log in with your API token" }];
    if (request.method !== "POST") return [405, { message: "use POST" }];
    const body = bodyOf(await readJsonBody(request, bodyMaxCharacters));
    if (body === undefined || !isTexts(body.paths))
      return [400, { message: "the body must be JSON with paths, a list of texts" }];
    const paths = body.paths.slice(0, sourceTreeLimits.entries);
    const { texts } = body;
    if (texts === undefined) return [200, { reads: paths.filter(isRead) }];
    const tree = { paths: new Set(paths), text: (path: string) => textIn(texts, path) };
    const { language } = body;
    return [200, await this.#detect(tree, typeof language === "string" ? language : undefined)];
  }

  async #detect(tree: SourceTree, language: string | undefined): Promise<Detected> {
    const recognised = recognise(tree, { language, saidBy: "--language" });
    if (!recognised.ok) return refused(recognised.message);
    if ("buildpacks" in recognised) return byBuildpacks(recognised.buildpacks, recognised.processes);
    if (recognised.plan !== undefined) return detected(recognised.plan, []);
    const platform = recognised.language.platform ?? recognised.language.name;
    const detection = planLanguage(recognised.language, tree, await this.#versions(platform));
    if (!detection.ok) return refused(detection.message);
    const { plan } = detection;
    return detected(plan, [platform, ...(plan.runtime === undefined ? [] : [plan.runtime])]);
  }

  /** None while the platform is not made yet. */
  async #versions(name: string): Promise<Record<string, string>> {
    try {
      const { status } = await this.#client.get(platformKind, { name });
      return Object.fromEntries(
        (status?.versions ?? []).map((each) => [each.name ?? "", each.version ?? ""]),
      );
    } catch (error) {
      if (isNotFound(error)) return {};
      throw error;
    }
  }
}

function refused(text: string): Detected {
  return { ok: false, text, notes: [], processes: {}, platforms: [] };
}

function detected({ explanation, notes = [], processes }: BuildPlan, platforms: readonly string[]): Detected {
  // Without the version of a platform that is not made yet.
  const text = explanation.replaceAll(/ +(?=;|$)/g, "");
  return { ok: true, text, notes, processes, platforms };
}

function isTexts(given: unknown): given is string[] {
  return Array.isArray(given) && given.every((each) => typeof each === "string");
}

function textIn(texts: object, path: string): string | undefined {
  const text: unknown = Object.hasOwn(texts, path) ? (texts as Record<string, unknown>)[path] : undefined;
  return typeof text === "string" ? text : undefined;
}

function byBuildpacks({ urls, from }: WantedBuildpacks, processes: BuildPlan["processes"]): Detected {
  const text = `Heroku-style buildpacks, because ${from} names them: ${urls.map(shownGitUrl).join(", ")}`;
  return { ...refused(text), ok: true, processes };
}

interface Body {
  readonly paths?: unknown;
  readonly texts?: object | undefined;
  readonly language?: unknown;
}

function bodyOf(given: unknown): Body | undefined {
  if (typeof given !== "object" || given === null) return undefined;
  const { texts } = given as { texts?: unknown };
  return typeof texts === "object" && texts !== null ? given : { ...given, texts: undefined };
}
