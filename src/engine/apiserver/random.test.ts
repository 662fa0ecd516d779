/** What nobody would think of: bodies and histories at random. A failure prints its seed. */

import {
  array,
  assert,
  asyncProperty,
  boolean,
  constant,
  constantFrom,
  dictionary,
  integer,
  jsonValue,
  oneof,
  option,
  record,
  string,
  type Arbitrary,
} from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiVersionOf } from "../../model/kind.ts";
import { configMap, type ConfigMap } from "../../model/kinds/core/configmap/configmap.ts";
import { isJsonEqual } from "../../model/json.ts";
import { allKinds } from "../../model/registry.ts";
import type { SchemaNode } from "../../model/schema.ts";
import { HttpCaller } from "./testing/http-call.ts";
import { startTestServer, type TestServer } from "./testing/test-server.ts";

let server: TestServer;
let http: HttpCaller;
beforeAll(async () => {
  server = await startTestServer();
  const { port } = await server.listen();
  http = new HttpCaller(port, server.server.tokenOf("admin"), server.caPem);
});
afterAll(async () => {
  http.close();
  await server[Symbol.asyncDispose]();
});

const anything = oneof(jsonValue({ maxDepth: 2 }), constantFrom(null, "", 0, -1, 1e20, [], {}, "x", true));

/** Mostly of the schema's shape, now and then not. */
function valueOf(node: SchemaNode, depth: number): Arbitrary<unknown> {
  const shaped = shapedAs(node, depth);
  return oneof({ arbitrary: shaped, weight: 12 }, { arbitrary: anything, weight: 1 });
}

function shapedAs(node: SchemaNode, depth: number): Arbitrary<unknown> {
  if (depth <= 0) return anything;
  switch (node.type) {
    case "object": {
      const fields = Object.entries(node.fields ?? {});
      const values = fields.map(
        ([key, field]) => [key, option(valueOf(field, depth - 1), { nil: undefined })] as const,
      );
      return record(Object.fromEntries(values));
    }
    case "array":
      return array(valueOf(node.items ?? node, depth - 1), { maxLength: 2 });
    case "map":
      return dictionary(string({ maxLength: 5 }), valueOf(node.items ?? node, depth - 1), { maxKeys: 2 });
    case "integer":
    case "number":
      return integer({ min: -5, max: 70_000 });
    case "boolean":
      return boolean();
    case "quantity":
      return constantFrom("1", "100m", "1Gi", "x", 2);
    case "time":
      return constantFrom("2026-01-02T03:04:05Z", "now");
    case "intOrString":
      return oneof(integer(), constantFrom("25%", "http"));
    default:
      return node.enum === undefined
        ? constantFrom("a", "a-b", "A_B", "1.2.3.4")
        : constantFrom(...node.enum);
  }
}

describe("bodies at random never are a fault of the server", () => {
  const stored = allKinds.filter(({ verbs }) => verbs.includes("create"));

  test.each(stored.map((kind) => [kind.kind, kind] as const))("%s", async (_name, kind) => {
    const root = kind.group === "" ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
    const collection = kind.namespaced
      ? `${root}/namespaces/default/${kind.plural}`
      : `${root}/${kind.plural}`;
    const body = record({
      apiVersion: constant(apiVersionOf(kind)),
      kind: constant(kind.kind),
      metadata: oneof(
        { arbitrary: constantFrom({ name: "a" }, { name: "b" }, { generateName: "c-" }), weight: 9 },
        anything,
      ),
      ...Object.fromEntries(
        Object.entries(kind.fields).map(([key, field]) => [
          key,
          option(valueOf(field, 5), { nil: undefined }),
        ]),
      ),
    });
    const method = constantFrom("POST", "POST", "PUT", "PATCH", "DELETE");
    await assert(
      asyncProperty(body, method, constantFrom("", "/status", "/scale"), async (object, verb, part) => {
        const path = verb === "POST" ? collection : `${collection}/a${verb === "DELETE" ? "" : part}`;
        const type = verb === "PATCH" ? "application/merge-patch+json" : "application/json";
        const answer = await http.call(verb, path, {
          body: JSON.stringify(object),
          headers: { "Content-Type": type },
        });
        expect(answer.status, answer.text).toBeLessThan(500);
      }),
      { numRuns: 25 },
    );
    expect((await http.call("GET", collection)).status).toBeLessThan(500);
    const table = { headers: { Accept: "application/json;as=Table;g=meta.k8s.io;v=v1" } };
    expect((await http.call("GET", collection, table)).status).toBeLessThan(500);
    expect(server.errors).toEqual([]);
  });

  test.each(["pods/a/binding", "pods/a/eviction", "serviceaccounts/default/token", "bindings"])(
    "POST to %s",
    async (path) => {
      await http.call("POST", "/api/v1/namespaces/default/pods", {
        body: '{"metadata":{"name":"a"},"spec":{"containers":[{"name":"a","image":"b"}]}}',
      });
      await http.call("POST", "/api/v1/namespaces/default/serviceaccounts", {
        body: '{"metadata":{"name":"default"}}',
      });
      const part = oneof(anything, record({ name: anything, kind: anything, uid: anything }));
      const keys = ["metadata", "target", "spec", "deleteOptions"] as const;
      const body = oneof(anything, record(Object.fromEntries(keys.map((key) => [key, option(part)]))));
      await assert(
        asyncProperty(body, async (object) => {
          const answer = await http.call("POST", `/api/v1/namespaces/default/${path}`, {
            body: JSON.stringify(object),
          });
          expect(answer.status, answer.text).toBeLessThan(500);
        }),
        { numRuns: 50 },
      );
      expect(server.errors).toEqual([]);
    },
  );
});

describe("a watcher with a selector ends up with what a list shows", () => {
  const step = record({
    name: constantFrom("w1", "w2", "w3"),
    what: constantFrom("create", "label", "unlabel", "change", "delete"),
  });

  test("from any revision on", async () => {
    const options = { namespace: "default", labelSelector: "watched=yes" };
    await assert(
      asyncProperty(
        array(step, { minLength: 1, maxLength: 25 }),
        integer({ min: 0, max: 24 }),
        async (steps, joinAt) => {
          const known = new Map<string, string>();
          const stopping = new AbortController();
          let following: Promise<void> | undefined;
          for (const [index, { name, what }] of steps.entries()) {
            if (index === Math.min(joinAt, steps.length - 1)) {
              const start = await server.client.list(configMap, options);
              known.clear();
              for (const item of start.items)
                known.set(item.metadata.name ?? "", item.metadata.resourceVersion ?? "");
              const since = {
                ...options,
                resourceVersion: start.metadata.resourceVersion,
                signal: stopping.signal,
              };
              following = follow(known, since);
            }
            await take(name, what, index);
          }
          const end = await server.client.list(configMap, options);
          const listed = Object.fromEntries(
            end.items.map(({ metadata }) => [metadata.name ?? "", metadata.resourceVersion ?? ""]),
          );
          // Events are handed over when their commit is, and taken a few turns later.
          for (let turns = 0; turns < 50; turns++) {
            if (isJsonEqual(Object.fromEntries(known), listed)) break;
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
          stopping.abort();
          await following;
          expect(Object.fromEntries(known)).toEqual(listed);
        },
      ),
      { numRuns: 30 },
    );
  });

  async function follow(known: Map<string, string>, options: object): Promise<void> {
    for await (const event of server.client.watch(configMap, options)) {
      if (event.type === "BOOKMARK") continue;
      const { name = "", resourceVersion = "" } = event.object.metadata;
      if (event.type === "ADDED") expect(known.has(name)).toBe(false);
      else expect(known.has(name)).toBe(true);
      if (event.type === "DELETED") known.delete(name);
      else known.set(name, resourceVersion);
    }
  }

  async function take(name: string, what: string, index: number): Promise<void> {
    const ref = { namespace: "default", name };
    const labels = { watched: what === "label" ? "yes" : null };
    const body = what === "change" ? { data: { index: String(index) } } : { metadata: { labels } };
    const object: ConfigMap = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { ...ref, labels: { watched: "yes" } },
    };
    const call = {
      create: () => server.client.create(configMap, object),
      delete: () => server.client.delete(configMap, ref),
    }[what];
    try {
      await (call ?? (() => server.client.patch(configMap, ref, { type: "merge", body })))();
    } catch (error) {
      // There already, or not there: steps are taken blindly.
      expect((error as { code: number }).code).toBeGreaterThanOrEqual(404);
    }
  }
});
