/**
 * A Kubernetes-compatible API server over the store. Three layers: the HTTPS front end (http/) and the in-process
 * client turn what comes in into calls; `Api` authorises; operations/ and actions/ carry out, with what single
 * kinds need beside that in admission/. Every write is checked the same, whichever way it comes.
 */

import type { Client } from "../../client/client.ts";
import type { LogSource } from "../../client/log-source.ts";
import type { PodSessions } from "../../client/pod-sessions.ts";
import type { UserInfo } from "../../client/user.ts";
import type { Clock } from "../../lib/clock.ts";
import type { SourceStore } from "../../lib/source-store.ts";
import type { Logger } from "../../lib/log.ts";
import { resourceName, type Kind } from "../../model/kind.ts";
import type { JsonValue } from "../../model/schema.ts";
import type { Store } from "../store/store.ts";
import { bind } from "./actions/binding.ts";
import type { Action } from "./actions/action.ts";
import { buildActions } from "./actions/builds.ts";
import { evict } from "./actions/eviction.ts";
import { importImages } from "./actions/import-images.ts";
import { processedTemplateOf } from "./actions/process-template.ts";
import { reviewActions } from "./actions/reviews.ts";
import { tokenAction } from "./actions/token.ts";
import { ClusterIps } from "./admission/cluster-ips.ts";
import type { Hooks, KindHook } from "./admission/hooks.ts";
import { firstNamespaces, namespaceHook } from "./admission/namespace.ts";
import { podHook } from "./admission/pod.ts";
import { createSystemPriorityClasses, PriorityClasses, priorityClassHook } from "./admission/priority.ts";
import { secretHook } from "./admission/secret.ts";
import { followServices, serviceHook } from "./admission/service.ts";
import { ingressHook } from "./admission/ingress.ts";
import { claimHook, volumeHook } from "./admission/storage.ts";
import { Api } from "./api.ts";
import { noSuchPath } from "./api-errors.ts";
import { authenticatedUser, createAuthenticator } from "./auth/authenticator.ts";
import { builtInAuthorizer, mastersGroup, type Authorizer } from "./auth/authorizer.ts";
import { BinaryBuilds } from "./http/binary-build.ts";
import { BuildWebhooks } from "./http/build-webhooks.ts";
import { openServiceAccountTokens, type ServiceAccountTokens } from "./auth/service-account-tokens.ts";
import { openTokenFile } from "./auth/token-file.ts";
import { autoscalerKinds } from "./derived/autoscaler-v1.ts";
import { imageKinds } from "./derived/image-kinds.ts";
import { sweepEvents } from "./event-sweep.ts";
import { createDiscovery } from "./http/discovery.ts";
import { createDocuments, type Documents } from "./http/documents.ts";
import { createOpenApiDocuments } from "./http/openapi-documents.ts";
import { listen, type Listening, type ListenOptions } from "./http/front-end.ts";
import { InProcessClient } from "./in-process-client.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { Bookmarks } from "./operations/bookmarks.ts";
import { createObject } from "./operations/create.ts";
import { Views } from "./operations/views.ts";
import type { ServerParts } from "./parts.ts";
import { resourceIndex } from "./resources.ts";

export interface ApiServerOptions {
  readonly store: Store;
  readonly kinds: readonly Kind[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Of Nagi, shown by /version. */
  readonly version: string;
  /** Where the tokens and the key of the service accounts are kept. */
  readonly directory: string;
  /** Who gets a static token. */
  readonly users: readonly UserInfo[];
  /** Addresses of services, for instance 10.96.0.0/16. */
  readonly serviceCidr: string;
  /** Given to service accounts beside their token. */
  readonly caPem: string;
  /** By `resourceName`: who has the logs of these objects. */
  readonly logSources?: ReadonlyMap<string, LogSource> | undefined;
  /** By `resourceName`: who opens sessions with these objects. The map may be filled later. */
  readonly sessions?: ReadonlyMap<string, PodSessions> | undefined;
  /** Takes in what builds are started with. */
  readonly sources?: Pick<SourceStore, "put"> | undefined;
  readonly authorizer?: Authorizer | undefined;
  readonly limits?: Partial<Limits> | undefined;
}

/** Who starts the builds of webhook triggers. */
const webhookUser: UserInfo = { username: "system:build-webhooks", groups: [mastersGroup] };

export interface ApiServer {
  /** The API for a part of this process; the user needs no token. */
  clientFor(user: UserInfo): Client;
  listen(options: ListenOptions): Promise<Listening>;
  /** The static token of one of `users`. */
  tokenOf(username: string): string;
  /** Bookmarks and the removal of old events. */
  run(signal: AbortSignal): Promise<void>;
}

export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { store, clock, log, directory, version, authorizer = builtInAuthorizer } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const tokenFile = await openTokenFile({ directory, users: options.users });
  const accountTokens = await openServiceAccountTokens({ directory, store, clock });
  const sources = [tokenFile, accountTokens];
  const authenticator = createAuthenticator({ sources, clock, maxCached: limits.tokenCache });
  const parts: ServerParts = {
    store,
    resources: resourceIndex(options.kinds),
    hooks: hooksFor(options, accountTokens),
    clock,
    log,
    limits,
    views: new Views(),
    bookmarks: new Bookmarks(),
    logSources: options.logSources ?? new Map<string, LogSource>(),
    sessions: options.sessions ?? new Map<string, PodSessions>(),
  };
  const actions = new Map<string, Action>([
    ["pods/binding", bind],
    ["bindings", bind],
    ["pods/eviction", evict],
    ["serviceaccounts/token", tokenAction(accountTokens)],
    ["imagestreamimports.image.openshift.io", importImages],
    ["processedtemplates.template.openshift.io", processedTemplateOf],
    ...reviewActions(authenticator, authorizer),
    ...buildActions((user) => clientFor(user)),
  ]);
  const api = new Api({ parts, authorizer, actions, derived: new Map([...imageKinds, ...autoscalerKinds]) });
  const openApi = createOpenApiDocuments({ kinds: options.kinds, version });
  const documents = createDocuments({ discovery: createDiscovery(parts.resources), openApi, version });
  await createFirstNamespaces(parts);
  await createSystemPriorityClasses(parts);
  const readPath = (user: UserInfo, path: string): JsonValue => readDocument(api, documents, user, path);
  const clientFor = (user: UserInfo): Client =>
    new InProcessClient({ api, user: authenticatedUser(user), readPath });
  const webhooks = new BuildWebhooks(clientFor(webhookUser), clock);
  const identification = { authenticator, authorizer };
  const binaryBuilds =
    options.sources === undefined ? undefined : new BinaryBuilds({ clientFor, sources: options.sources });
  return {
    clientFor,
    listen: (where) => listen({ api, identification, documents, webhooks, binaryBuilds }, where),
    tokenOf: (username) => tokenFile.tokenOf(username),
    async run(signal) {
      await Promise.all([parts.bookmarks.run(clock, limits.bookmarkMs, signal), sweepEvents(parts, signal)]);
    },
  };
}

/** The one place that says which kinds have a hook. */
function hooksFor(
  { kinds, store, serviceCidr, caPem }: ApiServerOptions,
  tokens: ServiceAccountTokens,
): Hooks {
  const hooks = new Map<string, KindHook>();
  const add = (name: string, make: (kind: Kind) => KindHook): void => {
    const kind = kinds.find((each) => resourceName(each) === name);
    if (kind !== undefined) hooks.set(name, make(kind));
  };
  const addresses = new ClusterIps(serviceCidr);
  followServices(store, addresses);
  add("namespaces", namespaceHook);
  const priorities = new PriorityClasses(store);
  add("priorityclasses.scheduling.k8s.io", (kind) => priorityClassHook(kind, priorities));
  add("pods", (kind) => podHook(kind, store, priorities));
  add("services", (kind) => serviceHook(kind, addresses));
  add("persistentvolumes", () => volumeHook);
  add("persistentvolumeclaims", () => claimHook(store));
  add("ingresses.networking.k8s.io", () => ingressHook(store));
  add("secrets", (kind) => secretHook({ kind, store, tokens, caPem }));
  return hooks;
}

async function createFirstNamespaces(parts: ServerParts): Promise<void> {
  const kind = parts.resources.byPath("", "v1", "namespaces");
  if (kind === undefined) return;
  const missing = firstNamespaces.filter(
    (name) => parts.store.get({ resource: "namespaces", namespace: "", name }) === undefined,
  );
  const make = (name: string) =>
    createObject(parts, {
      kind,
      namespace: "",
      object: { apiVersion: "v1", kind: "Namespace", metadata: { name } },
    });
  await Promise.all(missing.map(make));
}

function readDocument(api: Api, documents: Documents, user: UserInfo, path: string): JsonValue {
  api.authorizePath(user, path, "get");
  const document = documents.answer(path, undefined);
  if (document === undefined) throw noSuchPath();
  return document.contentType === "application/json"
    ? (JSON.parse(document.text) as JsonValue)
    : document.text;
}
