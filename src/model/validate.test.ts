import { describe, expect, test } from "vitest";
import { fieldErrorText } from "./field-error.ts";
import { configMap } from "./kinds/core/configmap/configmap.ts";
import { pod, type Pod } from "./kinds/core/pod/pod.ts";
import { service } from "./kinds/core/service/service.ts";
import { release } from "./kinds/nagi/release/release.ts";
import type { Kind } from "./kind.ts";
import { newObject } from "./kind.ts";
import type { KubeObject } from "./meta.ts";
import { aPod, aService } from "./testing/builders.ts";
import { dropUnknownFields, unknownFields } from "./unknown-fields.ts";
import { admitObject, checkTypes, validateChange, validateObject } from "./validate.ts";

function texts<T extends KubeObject>(kind: Kind<T>, object: T): string[] {
  return validateObject(kind, object).map((error) => `${error.path}: ${fieldErrorText(error)}`);
}

describe("unknown fields", () => {
  const object = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a", labels: { any: "thing" }, creationTimestamp: null, foo: 1 },
    spec: { containers: [{ name: "c", imagee: "x", env: [{ name: "A", valu: "b" }] }], nodeName: null },
    extra: {},
  };

  test("are found by their path, nulls are not among them", () => {
    expect(unknownFields(pod, object)).toEqual([
      "metadata.foo",
      "spec.containers[0].imagee",
      "spec.containers[0].env[0].valu",
      "extra",
    ]);
    expect(object.metadata.foo).toBe(1);
  });

  test("are taken out together with nulls", () => {
    const copy = structuredClone(object);
    dropUnknownFields(pod, copy);
    expect(copy).toEqual({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "a", labels: { any: "thing" } },
      spec: { containers: [{ name: "c", env: [{ name: "A" }] }] },
    });
  });

  test("null in a map of texts is the empty text", () => {
    const object = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a" },
      data: { a: null, b: "c" },
    };
    dropUnknownFields(configMap, object);
    expect(object.data).toEqual({ a: "", b: "c" });
  });
});

describe("types", () => {
  test.each([
    [{ spec: { containers: "x" } }, "spec.containers", "must be an array"],
    [{ spec: { containers: [null] } }, "spec.containers[0]", "must be an object"],
    [{ spec: { containers: [], hostNetwork: "yes" } }, "spec.hostNetwork", "must be a boolean"],
    [{ spec: { containers: [], priority: 1.5 } }, "spec.priority", "must be an integer"],
    [{ spec: { containers: [], nodeSelector: { a: 1 } } }, "spec.nodeSelector[a]", "must be a string"],
    [{ spec: { containers: [], overhead: { cpu: {} } } }, "spec.overhead[cpu]", "must be a quantity"],
    [{ spec: [] }, "spec", "must be an object"],
    [{ metadata: { deletionTimestamp: "yesterday" } }, "metadata.deletionTimestamp", "must be a time"],
    [{ metadata: "x" }, "metadata", "must be an object"],
  ])("%j", (given, path, detail) => {
    const errors = checkTypes(pod, { apiVersion: "v1", kind: "Pod", ...given });
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ type: "TypeInvalid", path });
    expect(errors[0]?.detail).toContain(detail);
  });

  test("wrong types are all that is reported, and defaults do not stumble over them", () => {
    const object = { apiVersion: "v1", kind: "Pod", metadata: { name: "A" }, spec: { containers: [1] } };
    expect(() => admitObject(pod, object as unknown as Pod)).toThrow(
      'Pod "A" is invalid: spec.containers[0]: Invalid value: 1: must be an object',
    );
  });
});

describe("large values", () => {
  const binary = (text: string) =>
    checkTypes(configMap, newObject(configMap, { name: "a" }, { binaryData: { a: text } }));

  test.each(["", "QQ==", "QUI=", "QUJD", "QUJD\nQUJD\r\n", "QUJD".repeat(4_000_000)])(
    "base64 is base64: %#",
    (text) => {
      expect(binary(text)).toEqual([]);
    },
  );

  test.each(["Q", "QQ=", "QQ==QQ==", "QUJ!", "====", `${"QUJD".repeat(4_000_000)}Q`])(
    "other text is not: %#",
    (text) => {
      expect(binary(text)).toEqual([
        { type: "TypeInvalid", path: "binaryData[a]", detail: "must be a string in base64" },
      ]);
    },
  );

  test("are cut in the text of an error", () => {
    const found = texts(configMap, newObject(configMap, { name: "x_".repeat(10_000) }, {}));
    expect(found[0]?.length).toBeLessThan(1000);
  });
});

describe("metadata", () => {
  test.each([
    [{ name: "" }, "metadata.name: Required value: name or generateName is required"],
    [{ name: "A_b" }, 'metadata.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain must consist of'],
    [{ name: "a".repeat(254) }, "must be no more than 253 characters"],
    [{ name: "a", labels: { "-": "b" } }, 'metadata.labels: Invalid value: "-": name part must consist'],
    [{ name: "a", labels: { a: "b c" } }, 'metadata.labels: Invalid value: "b c": a valid label must be'],
    [{ name: "a", annotations: { "a/b/c": "" } }, 'metadata.annotations: Invalid value: "a/b/c"'],
    [{ name: "a", annotations: { a: "x".repeat(256 * 1024) } }, "metadata.annotations: Too long"],
    [{ name: "a", finalizers: ["no good"] }, 'metadata.finalizers[0]: Invalid value: "no good"'],
    [
      { name: "a", ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "b" }] },
      "metadata.ownerReferences[0].uid: Required value",
    ],
  ])("%j", (metadata, expected) => {
    const found = texts(configMap, newObject(configMap, metadata as KubeObject["metadata"], {}));
    expect(found.join("\n")).toContain(expected);
    expect(found).toHaveLength(1);
  });

  test("a service's name is a name of a host and of variables", () => {
    expect(texts(service, aService({ name: "1a" }))[0]).toContain("a DNS-1035 label must consist of");
  });
});

describe("what is missing or not allowed by the schema", () => {
  const withSpec = (spec: object): string[] => texts(pod, { ...aPod(), spec: spec as Pod["spec"] });

  test.each([
    [{}, ["spec.containers: Required value"]],
    [{ containers: [] }, ["spec.containers: Required value"]],
    [{ containers: [{ name: "", image: "a" }] }, ["spec.containers[0].name: Required value"]],
    [
      { containers: [{ name: "a", image: "a" }], restartPolicy: "Sometimes" },
      [
        'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure"',
      ],
    ],
    [
      { containers: [{ name: "a", image: "a", ports: [{ containerPort: 0 }] }] },
      ["spec.containers[0].ports[0].containerPort: Invalid value: 0: must be between 1 and 65535, inclusive"],
    ],
    [
      { containers: [{ name: "a", image: "a" }], terminationGracePeriodSeconds: -1 },
      ["spec.terminationGracePeriodSeconds: Invalid value: -1: must be greater than or equal to 0"],
    ],
  ])("%j", (spec, expected) => expect(withSpec(spec)).toEqual(expected));
});

test("the error names the object and every field, with causes that clients print", () => {
  const object = newObject<Pod>(pod, { name: "a" }, { spec: { containers: [{ name: "A" }] } });
  expect(() => admitObject(pod, object)).toThrow(
    /^Pod "a" is invalid: \[spec\.containers\[0\]\.name: Invalid value/,
  );
  try {
    admitObject(pod, object);
  } catch (thrown) {
    expect(thrown).toMatchObject({
      code: 422,
      details: {
        name: "a",
        kind: "Pod",
        causes: [{ field: "spec.containers[0].name" }, { reason: "FieldValueRequired" }],
      },
    });
  }
});

describe("changes", () => {
  test("a release never changes", () => {
    const spec = { app: "a", version: 1, image: "i", processes: { web: {} }, configSecret: "a-v1" };
    const one = newObject(release, { name: "a-v1" }, { spec });
    const two = { ...one, spec: { ...spec, image: "j" } };
    expect(validateChange(release, two, one)).toMatchObject([{ path: "spec", detail: "field is immutable" }]);
    expect(validateChange(release, { ...one, status: { phase: "Live" } }, one)).toEqual([]);
  });

  test("an immutable ConfigMap stays as it is", () => {
    const one = newObject(configMap, { name: "a" }, { data: { a: "b" }, immutable: true });
    const detail = "field is immutable when `immutable` is set";
    expect(validateChange(configMap, { ...one, data: {} }, one)).toMatchObject([{ path: "data", detail }]);
    expect(validateChange(configMap, { ...one, immutable: false }, one)).toMatchObject([
      { path: "immutable" },
    ]);
    expect(validateChange(configMap, { ...one, metadata: { name: "a", labels: { b: "c" } } }, one)).toEqual(
      [],
    );
  });
});
