import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configMap } from "../../../model/kinds/core/configmap/configmap.ts";
import type { KubeObject } from "../../../model/meta.ts";
import { StatusError } from "../../../model/status.ts";
import { HttpCaller, linesOf } from "../testing/http-call.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";

let server: TestServer;
let http: HttpCaller;
let stranger: HttpCaller;
const logSignals: AbortSignal[] = [];
const breaking = Promise.withResolvers<never>();

async function* endlessLog(
  object: KubeObject,
  { signal, follow = false }: { signal?: AbortSignal | undefined; follow?: boolean | undefined },
) {
  const { name } = object.metadata;
  if (name === "waiting") throw new StatusError("BadRequest", "waiting is waiting to start");
  if (name === "silent") await breaking.promise;
  yield Buffer.from("first\n");
  if (!follow || signal === undefined) return;
  logSignals.push(signal);
  await once(signal, "abort");
}

const limits = {
  bodyBytes: 100_000,
  nesting: 40,
  streams: 260,
  watchBufferBytes: 200_000,
  bookmarkMs: 20,
  closeMs: 100,
  logHeadMs: 10,
};

beforeAll(async () => {
  server = await startTestServer({ limits, logSources: new Map([["pods", { log: endlessLog }]]) });
  const { port } = await server.listen();
  http = new HttpCaller(port, server.server.tokenOf("admin"), server.caPem);
  stranger = new HttpCaller(port, "wrong", server.caPem);
});
afterAll(async () => {
  http.close();
  stranger.close();
  await server[Symbol.asyncDispose]();
});

const configMaps = "/api/v1/namespaces/default/configmaps";
const configMapJson = (name: string, rest: object = {}): string =>
  JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, ...rest });
const podJson = (name: string, spec: object = {}): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: { containers: [{ name: "main", image: "busybox" }], ...spec },
  });

describe("who asks", () => {
  test("a wrong token is refused everywhere, none is enough for version and health", async () => {
    const refused = await stranger.call("GET", "/api/v1/pods");
    expect(refused.status).toBe(401);
    expect(refused.json).toMatchObject({ kind: "Status", reason: "Unauthorized", message: "Unauthorized" });
    expect((await stranger.call("GET", "/version")).status).toBe(401);
    const nobody = { headers: { Authorization: "" } };
    expect((await stranger.call("GET", "/version", nobody)).status).toBe(200);
    expect((await stranger.call("GET", "/readyz", nobody)).text).toBe("ok");
    expect((await stranger.call("GET", "/api", nobody)).status).toBe(401);
    expect((await stranger.call("GET", "/version", { headers: { Authorization: "Basic abc" } })).status).toBe(
      401,
    );
  });

  test("impersonation that cannot be honoured is refused, not ignored", async () => {
    const headers = { "Impersonate-User": "eve", "Impersonate-Extra-Scope": "x" };
    expect((await http.call("GET", "/api/v1/pods", { headers })).status).toBe(400);
    expect((await http.call("GET", "/api/v1/pods", { headers: { "Impersonate-Group": "g" } })).status).toBe(
      400,
    );
    expect((await http.call("GET", "/api/v1/pods", { headers: { "Impersonate-User": "eve" } })).status).toBe(
      403,
    );
  });
});

describe("paths and methods", () => {
  test.each([
    ["GET", "/nowhere", 404],
    ["GET", "/api/v1/wrong", 404],
    ["GET", "/apis/apps/v9/deployments", 404],
    ["GET", "/api/v1/namespaces/default/nodes", 404],
    ["GET", "/api/v1/namespaces/default/pods/a/b/c", 404],
    ["GET", "/apis/autoscaling/v1/namespaces/default/scales", 404],
    ["GET", `${configMaps}/a/status`, 404],
    ["POST", `${configMaps}/a`, 405],
    ["PUT", configMaps, 405],
    ["POST", "/api/v1/configmaps", 405],
    ["DELETE", "/api/v1/configmaps", 405],
    ["PURGE", configMaps, 405],
    ["GET", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", 405],
    ["DELETE", "/version", 405],
    ["GET", "/api/v1/namespaces/%E0%A4%A/pods", 400],
    ["GET", "/api/v1/namespaces/default/pods/nobody/log", 404],
  ])("%s %s gets %i", async (method, path, status) => {
    const answer = await http.call(method, path, method === "POST" ? { body: configMapJson("a") } : {});
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ kind: "Status", status: "Failure", code: status });
  });

  test("headers that are too large are refused", async () => {
    const answer = await http.call("GET", "/version", { headers: { "X-Long": "x".repeat(100_000) } });
    expect(answer.status).toBe(431);
  });
});

describe("bodies", () => {
  const deep = (depth: number): string => `${"[".repeat(depth)}${"]".repeat(depth)}`;
  test.each([
    ["no JSON", "{", 400, /the body is not valid JSON/],
    ["nothing", "", 400, /the body is not valid JSON/],
    ["a list", "[]", 400, /the body must be one ConfigMap object/],
    ["null", "null", 400, /the body must be one ConfigMap object/],
    ["a number without end", '{"data":{"a":1e999}}', 400, /a number that is too large/],
    ["deep nesting", `{"data":${deep(100)}}`, 400, /nested too deeply/],
    ["very deep nesting", deep(40_000), 400, /nested too deeply|not valid/],
    [
      "__proto__",
      '{"metadata":{"name":"a"},"data":{"__proto__":"x"}}',
      400,
      /"__proto__", which is not allowed/,
    ],
    ["metadata that is text", '{"metadata":"x"}', 400, /metadata must be an object/],
    [
      "data that is text",
      configMapJson("a", { data: "x" }),
      422,
      /ConfigMap "a" is invalid: data: Invalid value: "x"/,
    ],
    [
      "a label that is an object",
      configMapJson("a", { metadata: { name: "a", labels: { a: {} } } }),
      422,
      /metadata.labels/,
    ],
    ["a name that is too long", configMapJson("x".repeat(254)), 422, /must be no more than 253 characters/],
    ["another kind", '{"kind":"Secret"}', 400, /does not match the expected kind/],
    ["another version", '{"apiVersion":"v2"}', 400, /does not match the expected API version/],
  ])("%s", async (_what, body, status, message) => {
    const answer = await http.call("POST", configMaps, { body });
    expect(answer.json["message"]).toMatch(message);
    expect(answer.status).toBe(status);
  });

  test("too large, announced and not", async () => {
    const body = configMapJson("large", { data: { a: "x".repeat(200_000) } });
    for (const headers of [{}, { "Transfer-Encoding": "chunked" }]) {
      const answer = await http.call("POST", configMaps, { body, headers });
      expect(answer.status).toBe(413);
      expect(answer.json).toMatchObject({
        reason: "RequestEntityTooLarge",
        message: "Request entity too large: limit is 100000",
      });
    }
  });

  test("YAML is taken, its bombs are not", async () => {
    const headers = { "Content-Type": "application/yaml" };
    const good = await http.call("POST", configMaps, {
      headers,
      body: "metadata: {name: from-yaml}\ndata: {a: b}",
    });
    expect(good.status).toBe(201);
    const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]", "b", "c", "d", "e", "f", "g", "h"].map((key, index) =>
      index === 0
        ? key
        : `${key}: &${key} [${Array(9)
            .fill(`*${String.fromCharCode(96 + index)}`)
            .join(",")}]`,
    );
    const answer = await http.call("POST", configMaps, { headers, body: bomb.join("\n") });
    expect(answer.status).toBe(400);
    expect((await http.call("POST", configMaps, { headers, body: "a: 1\na: 2" })).status).toBe(400);
    expect((await http.call("POST", configMaps, { headers, body: "[".repeat(20_000) })).status).toBe(400);
  });

  test("other types of bodies and answers are refused", async () => {
    const text = await http.call("POST", configMaps, {
      body: "x",
      headers: { "Content-Type": "text/plain" },
    });
    expect(text.status).toBe(415);
    const broken = { "Content-Type": "application/vnd.kubernetes.protobuf" };
    expect((await http.call("POST", configMaps, { body: "k8s\0\u0001", headers: broken })).status).toBe(400);
    const protobuf = { headers: { Accept: "application/vnd.kubernetes.protobuf" } };
    expect((await http.call("GET", configMaps, protobuf)).status).toBe(406);
    const both = { headers: { Accept: "application/vnd.kubernetes.protobuf,application/json" } };
    expect((await http.call("GET", configMaps, both)).status).toBe(200);
    const apply = { "Content-Type": "application/apply-patch+yaml" };
    expect((await http.call("PATCH", `${configMaps}/a`, { body: "a: 1", headers: apply })).status).toBe(415);
  });

  test("unknown fields are warned of, and dropped", async () => {
    const body = configMapJson("warned", { wrong: 1, metadata: { name: "warned", 'wr"ong': 2 } });
    const answer = await http.call("POST", `${configMaps}?fieldValidation=Warn`, { body });
    expect(answer.status).toBe(201);
    expect(answer.headers["warning"]).toContain(String.raw`299 - "unknown field \"wrong\""`);
    expect(answer.json["wrong"]).toBeUndefined();
    expect((await http.call("POST", `${configMaps}?fieldValidation=Maybe`, { body })).status).toBe(400);
    expect((await http.call("POST", `${configMaps}?dryRun=Some`, { body })).status).toBe(400);
  });
});

describe("forms of answers", () => {
  const as = (form: string) => ({ headers: { Accept: `application/json;as=${form};v=v1;g=meta.k8s.io` } });

  test("tables carry as much of the objects as is asked for", async () => {
    await http.call("POST", configMaps, { body: configMapJson("table", { data: { a: "b" } }) });
    const rowOf = async (include: string) => {
      const path = `${configMaps}?fieldSelector=metadata.name%3Dtable&includeObject=${include}`;
      const { json } = await http.call("GET", path, as("Table"));
      return (json["rows"] as { cells: unknown[]; object?: Record<string, unknown> }[])[0];
    };
    expect((await rowOf(""))?.cells.slice(0, 2)).toEqual(["table", 1]);
    expect((await rowOf("Metadata"))?.object).toMatchObject({ kind: "PartialObjectMetadata" });
    expect((await rowOf("Object"))?.object).toMatchObject({ kind: "ConfigMap", data: { a: "b" } });
    expect((await rowOf("None"))?.object).toBeUndefined();
    expect((await http.call("GET", `${configMaps}?includeObject=All`, as("Table"))).status).toBe(400);
  });

  test("metadata alone, and YAML", async () => {
    const { json } = await http.call("GET", configMaps, as("PartialObjectMetadataList"));
    expect(json["kind"]).toBe("PartialObjectMetadataList");
    expect((json["items"] as { data?: unknown }[]).every(({ data }) => data === undefined)).toBe(true);
    const one = await http.call("GET", `${configMaps}/table`, as("PartialObjectMetadata"));
    expect(Object.keys(one.json).sort()).toEqual(["apiVersion", "kind", "metadata"]);
    const yaml = await http.call("GET", `${configMaps}/table`, { headers: { Accept: "application/yaml" } });
    expect(yaml.headers["content-type"]).toBe("application/yaml");
    expect(yaml.text).toContain("kind: ConfigMap\n");
  });

  test("documents have tags", async () => {
    const first = await http.call("GET", "/openapi/v3/api/v1");
    const again = await http.call("GET", "/openapi/v3/api/v1", {
      headers: { "If-None-Match": String(first.headers["etag"]) },
    });
    expect(again.status).toBe(304);
    expect((await http.call("GET", "/openapi/v3/api/v9")).status).toBe(404);
  });
});

describe("watches", () => {
  const event = async (lines: AsyncGenerator<Record<string, unknown>>) => {
    for (;;) {
      const { value } = await lines.next();
      if (value === undefined || value["type"] !== "BOOKMARK") return value;
    }
  };
  const nameIn = (value: Record<string, unknown> | undefined) =>
    (value?.["object"] as KubeObject | undefined)?.metadata.name;

  test("begin with what is there, mark where that ends, and move on by bookmarks", async () => {
    const query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    const response = await http.open("GET", `${configMaps}?${query}&fieldSelector=metadata.name%3Dtable`);
    const lines = linesOf(response);
    expect(nameIn((await lines.next()).value)).toBe("table");
    const { value: end } = await lines.next();
    expect(end).toMatchObject({
      type: "BOOKMARK",
      object: { metadata: { annotations: { "k8s.io/initial-events-end": "true" } } },
    });
    const { value: bookmark } = await lines.next();
    expect(bookmark).toMatchObject({ type: "BOOKMARK", object: { kind: "ConfigMap" } });
    response.destroy();
  });

  test("end when they were asked to, and when the revision is gone", async () => {
    const short = await http.call("GET", `${configMaps}?watch=1&timeoutSeconds=1&resourceVersion=1`);
    expect(short.status).toBe(200);
    await server.store.compact(server.store.revision);
    const { text } = await http.call("GET", `${configMaps}?watch=1&resourceVersion=1`);
    expect(JSON.parse(text)).toMatchObject({ type: "ERROR", object: { kind: "Status", code: 410 } });
    const future = await http.call("GET", `${configMaps}?watch=1&resourceVersion=99999999`);
    expect(JSON.parse(future.text)).toMatchObject({ type: "ERROR", object: { code: 410 } });
    expect((await http.call("GET", `${configMaps}?watch=1&resourceVersion=x`)).text).toContain(
      "invalid resource version",
    );
  });

  test("tables name their columns once", async () => {
    const { resourceVersion } = (await http.call("GET", configMaps)).json["metadata"] as {
      resourceVersion: string;
    };
    const headers = { Accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };
    const response = await http.open("GET", `${configMaps}?watch=1&resourceVersion=${resourceVersion}`, {
      headers,
    });
    const lines = linesOf(response);
    await http.call("POST", configMaps, { body: configMapJson("t1") });
    const first = await event(lines);
    await http.call("POST", configMaps, { body: configMapJson("t2") });
    const second = await event(lines);
    const columns = (value: typeof first) =>
      (value?.["object"] as { columnDefinitions: unknown[] } | undefined)?.columnDefinitions;
    expect(columns(first)).not.toEqual([]);
    expect(columns(second)).toEqual([]);
    response.destroy();
  });

  test("200 at once all see what happens", async () => {
    const { resourceVersion } = (await http.call("GET", configMaps)).json["metadata"] as {
      resourceVersion: string;
    };
    const responses = await Promise.all(
      Array.from({ length: 200 }, () =>
        http.open("GET", `${configMaps}?watch=1&resourceVersion=${resourceVersion}`),
      ),
    );
    await http.call("POST", configMaps, { body: configMapJson("for-all") });
    const seen = await Promise.all(responses.map(async (response) => nameIn(await event(linesOf(response)))));
    expect(seen).toEqual(Array(200).fill("for-all"));
    for (const response of responses) response.destroy();
  });

  test("more than the limit are told to come back", async () => {
    const responses = await Promise.all(
      Array.from({ length: 300 }, () => http.open("GET", `${configMaps}?watch=1`)),
    );
    const refused = responses.filter(({ statusCode }) => statusCode === 429);
    expect(refused.length).toBeGreaterThanOrEqual(40);
    expect(refused[0]?.headers["retry-after"]).toBe("1");
    for (const response of responses) response.destroy();
  });

  test("one that does not read is cut off, the others are not", async () => {
    const { resourceVersion } = (await http.call("GET", configMaps)).json["metadata"] as {
      resourceVersion: string;
    };
    const path = `${configMaps}?watch=1&resourceVersion=${resourceVersion}`;
    const slow = await http.open("GET", path);
    slow.pause();
    const cut = new Promise<void>((resolve) => {
      slow.on("error", () => undefined);
      slow.once("close", () => resolve());
    });
    const changes = 200;
    const reading = (async () => {
      const lines = linesOf(await http.open("GET", path));
      let seen = 0;
      while (seen < changes && (await event(lines))?.["type"] !== "ERROR") seen += 1;
      return seen;
    })();
    const data = { a: "x".repeat(80_000) };
    const ref = { namespace: "default", name: "big" };
    await server.client.create(configMap, { apiVersion: "v1", kind: "ConfigMap", metadata: ref, data });
    for (let index = 1; index < changes; index++) {
      const body = { data: { b: String(index) } };
      await server.client.patch(configMap, ref, { type: "merge", body });
      // What is written in one go waits for both alike: the reader gets its turn.
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(await reading).toBe(changes);
    slow.resume();
    await cut;
    expect(slow.complete).toBe(false);
  });
});

describe("deletion", () => {
  test("options come in the body; preconditions hold", async () => {
    await http.call("POST", configMaps, { body: configMapJson("guarded") });
    const body = JSON.stringify({ preconditions: { uid: "another" } });
    const refused = await http.call("DELETE", `${configMaps}/guarded`, { body });
    expect(refused.json["message"]).toContain("Precondition failed: UID in precondition: another");
    const wrong = await http.call("DELETE", `${configMaps}/guarded?propagationPolicy=Maybe`);
    expect(wrong.status).toBe(400);
    const gone = await http.call("DELETE", `${configMaps}/guarded`);
    expect(gone.json).toMatchObject({ kind: "Status", status: "Success", details: { name: "guarded" } });
  });

  test("of what a selector chooses", async () => {
    for (const name of ["x1", "x2"]) {
      await http.call("POST", configMaps, {
        body: configMapJson(name, { metadata: { name, labels: { x: "y" } } }),
      });
    }
    const { json } = await http.call("DELETE", `${configMaps}?labelSelector=x%3Dy`);
    expect(json["kind"]).toBe("ConfigMapList");
    expect((await http.call("GET", `${configMaps}/x1`)).status).toBe(404);
    expect((await http.call("GET", `${configMaps}/table`)).status).toBe(200);
  });
});

describe("logs", () => {
  test("a client that goes ends the source's work", async () => {
    await http.call("POST", "/api/v1/namespaces/default/pods", { body: podJson("logged") });
    const whole = await http.call("GET", "/api/v1/namespaces/default/pods/logged/log");
    expect(whole.text).toBe("first\n");
    const response = await http.open("GET", "/api/v1/namespaces/default/pods/logged/log?follow=true");
    await once(response, "data");
    const [signal] = logSignals;
    expect(signal?.aborted).toBe(false);
    response.destroy();
    if (signal !== undefined && !signal.aborted) await once(signal, "abort");
    expect(signal?.aborted).toBe(true);
  });

  test("a silent one that is followed begins; what fails later breaks it off", async () => {
    await http.call("POST", "/api/v1/namespaces/default/pods", { body: podJson("silent") });
    const response = await http.open("GET", "/api/v1/namespaces/default/pods/silent/log?follow=true");
    expect(response.statusCode).toBe(200);
    response.resume();
    breaking.reject(new StatusError("ServiceUnavailable", "the container engine does not answer"));
    await expect(once(response, "end")).rejects.toThrow("aborted");
  });

  test("what fails at once has its status", async () => {
    await http.call("POST", "/api/v1/namespaces/default/pods", { body: podJson("waiting") });
    const path = "/api/v1/namespaces/default/pods/waiting/log?follow=true";
    expect((await http.call("GET", path)).json).toMatchObject({
      code: 400,
      message: "waiting is waiting to start",
    });
  });
});

test("nothing was logged as a fault", () => {
  expect(server.errors).toEqual([]);
});
