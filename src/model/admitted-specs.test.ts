import { expect, test } from "vitest";
import { admitNew } from "./admitted-specs.ts";
import { assert } from "../lib/errors.ts";
import { configMap, type ConfigMap } from "./kinds/core/configmap/configmap.ts";
import { pod, type Pod } from "./kinds/core/pod/pod.ts";
import { newObject } from "./kind.ts";
import { admitObject } from "./validate.ts";

function web(name: string, image = "web:1"): Pod {
  const spec = { containers: [{ name: "web", image, resources: { requests: { cpu: "0.5" } } }] };
  return newObject<Pod>(pod, { name, namespace: "default" }, { spec: spec });
}

test("pods of one spec share it, as whole as one that is admitted alone", () => {
  const alone = web("a");
  admitObject(pod, alone);
  const [first, second, third] = ["a", "b", "c"].map((name) => admitNew(pod, web(name)));
  assert(first !== undefined && second !== undefined && third !== undefined, "three are admitted");
  expect(first).toEqual(alone);
  expect(second.spec).toEqual(alone.spec);
  expect(third.spec).toBe(second.spec);
  expect(third.metadata.name).toBe("c");
  expect(second.spec.containers[0]?.resources?.requests?.["cpu"]).toBe("500m");
});

test("what is shared cannot be changed", () => {
  admitNew(pod, web("a", "frozen"));
  const { spec } = admitNew(pod, web("b", "frozen"));
  expect(() => {
    spec.nodeName = "node-1";
  }).toThrow(TypeError);
  expect(() => spec.containers.pop()).toThrow(TypeError);
});

test("another spec is another spec", () => {
  for (let time = 0; time < 3; time++) {
    expect(admitNew(pod, web("a", "one")).spec.containers[0]?.image).toBe("one");
    expect(admitNew(pod, web("a", "two")).spec.containers[0]?.image).toBe("two");
  }
});

test("a known spec does not let wrong metadata pass", () => {
  for (const name of ["fine", "fine-too"]) admitNew(pod, web(name));
  expect(() => admitNew(pod, web("Not-Fine"))).toThrow('Pod "Not-Fine" is invalid: metadata.name');
  const labelled = web("fine");
  labelled.metadata.labels = { "not a key": "x" };
  expect(() => admitNew(pod, labelled)).toThrow("metadata.labels");
  const typed = web("fine");
  typed.metadata.finalizers = [7 as unknown as string];
  expect(() => admitNew(pod, typed)).toThrow("metadata.finalizers[0]");
});

test("a wrong spec is refused every time", () => {
  for (let time = 0; time < 3; time++) expect(() => admitNew(pod, web("a", " x"))).toThrow("whitespace");
});

test("more specs than are remembered, long ones too, are admitted all the same", () => {
  for (let index = 0; index < 3000; index++) {
    expect(admitNew(pod, web("a", `image-${index}`)).spec.containers[0]?.image).toBe(`image-${index}`);
  }
  const long = web("a");
  long.spec.containers[0]!.args = ["x".repeat(20_000)];
  expect(admitNew(pod, long).spec.restartPolicy).toBe("Always");
});

test("objects of other kinds are admitted as ever", () => {
  const object = newObject<ConfigMap>(configMap, { name: "a", namespace: "b" }, { data: { key: "value" } });
  expect(admitNew(configMap, object)).toBe(object);
});
