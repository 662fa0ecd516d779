import { describe, expect, test } from "vitest";
import { assert, constantFrom, property, uint8Array } from "fast-check";
import { StatusError } from "../../../model/status.ts";
import { coreMessages } from "./core-messages.ts";
import { decodeProtobuf } from "./decode.ts";
import { wireMessage } from "./messages.ts";
import { otherMessages } from "./other-messages.ts";
import { storageMessages } from "./storage-messages.ts";

type Field = readonly [number: number, value: string | number | Buffer];

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Buffer.from(bytes);
}

function message(...fields: Field[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([number, value]) => {
      if (typeof value === "number") return [varint(BigInt(number * 8)), varint(BigInt(value))];
      const bytes = Buffer.from(value);
      return [varint(BigInt(number * 8 + 2)), varint(BigInt(bytes.length)), bytes];
    }),
  );
}

function envelope(apiVersion: string, kind: string, raw: Buffer): Buffer {
  return Buffer.concat([Buffer.from("k8s\0"), message([1, message([1, apiVersion], [2, kind])], [2, raw])]);
}

test("the body that kubectl 1.32 sends for `create configmap foo --from-literal=a=b`", () => {
  const sent =
    "6b3873000a0f0a02763112 09436f6e6669674d6170 121d0a130a03666f6f12001a0022002a003200380042001206 0a01611201621a002200";
  expect(decodeProtobuf(Buffer.from(sent.replaceAll(" ", ""), "hex"))).toEqual({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "foo" },
    data: { a: "b" },
  });
});

describe("values", () => {
  const port = (target: Buffer) =>
    decodeProtobuf(
      envelope(
        "v1",
        "Service",
        message([2, message([1, message([1, "http"], [3, 80], [4, target], [5, 0])])]),
      ),
    );

  test("numbers or texts", () => {
    const ports = (targetPort: unknown) => ({ spec: { ports: [{ name: "http", port: 80, targetPort }] } });
    expect(port(message([1, 0], [2, 8080], [3, ""]))).toMatchObject(ports(8080));
    expect(port(message([1, 1], [2, 0], [3, "web"]))).toMatchObject(ports("web"));
  });

  test("zero means something only where it can", () => {
    const spec = message([1, 0], [5, 0], [7, 0]);
    expect(
      decodeProtobuf(envelope("apps/v1", "Deployment", message([2, spec], [3, Buffer.alloc(0)]))),
    ).toEqual({
      apiVersion: "apps/v1",
      kind: "Deployment",
      spec: { replicas: 0 },
    });
  });

  test("times, quantities, bytes, fields of the object's own", () => {
    const container = message([1, "a"], [8, message([2, message([1, "cpu"], [2, message([1, "100m"])])])]);
    const probe = message([1, message([2, message([1, "/ready"], [2, message([1, 0], [2, 80])])])], [3, 5]);
    const withProbe = Buffer.concat([container, message([10, probe])]);
    const meta = message([1, "p"], [8, message([1, 1_700_000_000])]);
    const pod = decodeProtobuf(envelope("v1", "Pod", message([1, meta], [2, message([2, withProbe])])));
    expect(pod).toMatchObject({
      metadata: { creationTimestamp: "2023-11-14T22:13:20Z" },
      spec: {
        containers: [
          {
            name: "a",
            resources: { requests: { cpu: "100m" } },
            livenessProbe: { httpGet: { path: "/ready", port: 80 }, timeoutSeconds: 5 },
          },
        ],
      },
    });
    const secret = envelope("v1", "Secret", message([2, message([1, "k"], [2, Buffer.from([0xff, 0x00])])]));
    expect(decodeProtobuf(secret)).toMatchObject({ data: { k: "/wA=" } });
  });

  test("a field that is not known is left for validation to name", () => {
    expect(decodeProtobuf(envelope("v1", "ConfigMap", message([99, "x"])))).toMatchObject({
      "field 99": true,
    });
  });

  test("a kind that is not known is refused", () => {
    expect(() => decodeProtobuf(envelope("v1", "Wrong", Buffer.alloc(0)))).toThrow(
      "Wrong of v1 is not read in protobuf: send it as application/json",
    );
  });
});

test("bytes at random never do worse than a clear refusal", () => {
  assert(
    property(
      uint8Array({ maxLength: 200 }),
      constantFrom("Pod", "Secret", "Service", "Event"),
      (bytes, kind) => {
        try {
          decodeProtobuf(envelope("v1", kind, Buffer.from(bytes)));
        } catch (error) {
          if (!(error instanceof StatusError)) throw error;
        }
      },
    ),
  );
});

test("every message that a field names is there", () => {
  const basic = new Set([
    "string",
    "int",
    "bool",
    "bytes",
    "time",
    "quantity",
    "intOrString",
    "string[]",
    "skip",
  ]);
  for (const name of [coreMessages, otherMessages, storageMessages].flatMap((table) => Object.keys(table))) {
    for (const [number, { type }] of wireMessage(name) ?? []) {
      expect(number, name).toBeGreaterThan(0);
      expect(basic.has(type) || wireMessage(type) !== undefined, `${name} ${number} ${type}`).toBe(true);
    }
  }
});
