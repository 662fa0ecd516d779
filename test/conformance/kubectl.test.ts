import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deployment } from "../../src/model/kinds/apps/deployment/deployment.ts";
import { pod } from "../../src/model/kinds/core/pod/pod.ts";
import type { KubeObject } from "../../src/model/meta.ts";
import { allKinds } from "../../src/model/registry.ts";
import { StatusError } from "../../src/model/status.ts";
import { startKubectl, type Kubectl } from "./kubectl.ts";
import { furtherObjects } from "./further-objects.ts";

let kubectl: Kubectl;

const waiting = new StatusError("BadRequest", 'container "main" in pod "silent" is waiting to start');

async function* podLog(object: KubeObject, { tailLines = 3, follow = false }) {
  if (object.metadata.name === "silent") throw waiting;
  for (const line of ["one", "two", "three"].slice(-tailLines)) yield Buffer.from(`${line}\n`);
  if (follow) yield Buffer.from("and more\n");
}

beforeAll(async () => {
  kubectl = await startKubectl(new Map([["pods", { log: podLog }]]));
});
afterAll(async () => {
  await kubectl[Symbol.asyncDispose]();
});

const deploymentYaml = (replicas: number, image: string, extra = ""): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: main
          image: ${image}
          ports: [{containerPort: 8080}]
          env: [{name: A, value: "1"}${extra}]
`;

const podYaml = (name: string, labels = "{}"): string => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: ${labels}}
spec: {containers: [{name: main, image: busybox}]}
`;

describe("discovery", () => {
  test("version, api-resources, api-versions", async () => {
    expect(await kubectl.run("version")).toContain("nagi-0.0.0");
    const resources = await kubectl.run("api-resources", "-o", "name");
    for (const kind of allKinds.filter(({ verbs }) => verbs.length > 0)) {
      expect(resources).toContain(kind.group === "" ? kind.plural : `${kind.plural}.${kind.group}`);
    }
    expect(await kubectl.run("api-versions")).toContain("nagi.dev/v1");
    expect(await kubectl.run("get", "--raw", "/readyz")).toBe("ok");
  });

  test("explain", async () => {
    expect(await kubectl.run("explain", "pods.spec.containers")).toContain("image\t<string>");
    expect(await kubectl.run("explain", "apps.nagi.dev")).toContain("GROUP:      nagi.dev");
    expect(await kubectl.run("explain", "deployment.spec.strategy", "--recursive")).toContain("maxSurge");
  });
});

describe("create and get", () => {
  test("create -f, in every output form", async () => {
    expect(await kubectl.feed(podYaml("first", "{run: first}"), "create", "-f", "-")).toBe(
      "pod/first created\n",
    );
    const table = await kubectl.run("get", "pods");
    expect(table).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE\nfirst +0\/1 +Pending +0 +\d+s\n$/);
    expect(await kubectl.run("get", "pods", "-o", "wide")).toMatch(
      /IP +NODE +NOMINATED NODE +READINESS GATES/,
    );
    expect(await kubectl.run("get", "pod", "first", "-o", "name")).toBe("pod/first\n");
    expect(await kubectl.run("get", "pods", "--show-labels")).toContain("run=first");
    expect(await kubectl.run("get", "pods", "-L", "run")).toMatch(/RUN\nfirst.*first\n/);
    expect(await kubectl.run("get", "pods", "-A")).toMatch(/^NAMESPACE +NAME/);
    expect(await kubectl.run("get", "pods", "--sort-by=.metadata.name")).toContain("first");
    const json = JSON.parse(await kubectl.run("get", "pods", "-o", "json")) as { items: KubeObject[] };
    expect(json.items.map(({ metadata }) => metadata.name)).toEqual(["first"]);
    expect(await kubectl.run("get", "pod", "first", "-o", "yaml")).toContain("qosClass: BestEffort");
    expect(await kubectl.run("get", "pod", "first", "-o", "jsonpath={.spec.containers[0].image}")).toBe(
      "busybox",
    );
    expect(await kubectl.run("get", "pod", "first", "-o", "custom-columns=N:.metadata.name")).toBe(
      "N\nfirst\n",
    );
  });

  test("generators, which send protobuf", async () => {
    await kubectl.run("create", "configmap", "settings", "--from-literal=a=1");
    await kubectl.run("create", "secret", "generic", "keys", "--from-literal=password=hunter2");
    await kubectl.run("create", "deployment", "gen", "--image=nginx:1", "--replicas=0", "--port=80");
    await kubectl.run("create", "namespace", "elsewhere");
    await kubectl.run("create", "serviceaccount", "robot");
    await kubectl.run("create", "service", "clusterip", "gen", "--tcp=80:8080");
    await kubectl.run("create", "job", "once", "--image=busybox", "--", "true");
    await kubectl.run("run", "loose", "--image=busybox", "--env=A=B", "--", "sleep", "1");
    expect(await kubectl.run("get", "secret", "keys", "-o", "jsonpath={.data.password}")).toBe(
      "aHVudGVyMg==",
    );
    expect(await kubectl.run("get", "cm", "settings", "-o", "jsonpath={.data}")).toBe('{"a":"1"}');
    expect(await kubectl.run("get", "deploy", "gen", "-o", "jsonpath={.spec.replicas}")).toBe("0");
    expect(await kubectl.run("get", "svc", "gen", "-o", "jsonpath={.spec.ports[0].targetPort}")).toBe("8080");
    expect(
      await kubectl.run("get", "job", "once", "-o", "jsonpath={.spec.template.spec.restartPolicy}"),
    ).toBe("Never");
    expect(await kubectl.run("expose", "deployment", "gen", "--name=exposed", "--port=80")).toContain(
      "exposed",
    );
  });

  test("dry runs and --save-config", async () => {
    expect(await kubectl.feed(podYaml("dry"), "create", "--dry-run=server", "-f", "-")).toContain(
      "(server dry run)",
    );
    expect(await kubectl.fail("get", "pod", "dry")).toContain(
      'Error from server (NotFound): pods "dry" not found',
    );
    expect(await kubectl.run("create", "cm", "x", "--dry-run=client", "-o", "yaml")).toContain(
      "kind: ConfigMap",
    );
  });
});

describe("apply, edit, patch", () => {
  test("apply creates, changes, keeps what others set, and takes away what is gone", async () => {
    const extra = ', {name: B, value: "2"}';
    expect(await kubectl.feed(deploymentYaml(1, "nginx:1", extra), "apply", "-f", "-")).toContain("created");
    expect(await kubectl.feed(deploymentYaml(1, "nginx:1", extra), "apply", "-f", "-")).toContain(
      "unchanged",
    );
    await kubectl.run("set", "env", "deployment/web", "C=3");
    expect(await kubectl.feed(deploymentYaml(1, "nginx:2"), "apply", "-f", "-")).toContain("configured");
    const path =
      "jsonpath={.spec.template.spec.containers[0].image} {.spec.template.spec.containers[0].env[*].name}";
    expect(await kubectl.run("get", "deploy", "web", "-o", path)).toBe("nginx:2 A C");
    expect(await kubectl.feed(deploymentYaml(1, "nginx:2"), "diff", "-f", "-")).toBe("");
  });

  test("apply of a kind that kubectl does not know", async () => {
    const app = (branch: string) =>
      JSON.stringify({
        apiVersion: "nagi.dev/v1",
        kind: "App",
        metadata: { name: "hello" },
        spec: { branch },
      });
    expect(await kubectl.feed(app("main"), "apply", "-f", "-")).toContain("app.nagi.dev/hello created");
    expect(await kubectl.feed(app("prod"), "apply", "-f", "-")).toContain("configured");
    expect(await kubectl.run("get", "app", "hello", "-o", "jsonpath={.spec.branch}")).toBe("prod");
  });

  test("edit", async () => {
    expect(await kubectl.edit("s/nginx:2/nginx:3/", "deployment/web")).toContain("edited");
    expect(await kubectl.run("get", "deploy", "web", "-o", "wide")).toContain("nginx:3");
  });

  test("patches of the three kinds", async () => {
    const image = async () =>
      kubectl.run("get", "deploy", "web", "-o", "jsonpath={.spec.template.spec.containers[0].image}");
    await kubectl.run(
      "patch",
      "deployment",
      "web",
      "-p",
      '{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"nginx:4"}]}}}}',
    );
    expect(await image()).toBe("nginx:4");
    await kubectl.run(
      "patch",
      "deployment",
      "web",
      "--type=merge",
      "-p",
      '{"metadata":{"labels":{"a":"b"}}}',
    );
    await kubectl.run(
      "patch",
      "deployment",
      "web",
      "--type=json",
      "-p",
      '[{"op":"test","path":"/metadata/labels/a","value":"b"},{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"nginx:5"}]',
    );
    expect(await image()).toBe("nginx:5");
    expect(
      await kubectl.fail(
        "patch",
        "deployment",
        "web",
        "--type=json",
        "-p",
        '[{"op":"remove","path":"/nope"}]',
      ),
    ).toContain('there is nothing at "nope"');
  });

  test("replace needs the latest version", async () => {
    const old = await kubectl.run("get", "cm", "settings", "-o", "json");
    await kubectl.run("patch", "cm", "settings", "-p", '{"data":{"b":"2"}}');
    expect(await kubectl.failFed(old, "replace", "-f", "-")).toContain(
      'Operation cannot be fulfilled on configmaps "settings": the object has been modified',
    );
  });

  test("label, annotate, set image", async () => {
    await kubectl.run("label", "pod", "first", "tier=front");
    await kubectl.run("annotate", "pod", "first", "note=here");
    expect(await kubectl.run("get", "pods", "-l", "tier in (front),run")).toContain("first");
    await kubectl.run("label", "pod", "first", "tier-");
    expect(await kubectl.run("get", "pods", "-l", "tier", "-o", "name")).toBe("");
    await kubectl.run("set", "image", "deployment/web", "main=nginx:6");
    expect(await kubectl.run("get", "deploy", "web", "-o", "wide")).toContain("nginx:6");
  });

  test("server-side apply says what to do instead", async () => {
    expect(
      await kubectl.failFed(deploymentYaml(1, "nginx:1"), "apply", "--server-side", "-f", "-"),
    ).toContain("use client-side apply");
  });
});

describe("scale, rollout, wait", () => {
  test("scale", async () => {
    expect(await kubectl.run("scale", "deployment/web", "--replicas=3")).toContain("scaled");
    expect(await kubectl.run("get", "deploy", "web")).toMatch(/web +0\/3/);
    expect(await kubectl.fail("scale", "deployment/web", "--current-replicas=1", "--replicas=2")).toContain(
      "Expected replicas to be 1, was 3",
    );
    await kubectl.run("scale", "deployment/web", "--current-replicas=3", "--replicas=2");
  });

  test("rollout status waits for the controller's word, and so does wait", async () => {
    const status = kubectl.follow("rollout", "status", "deployment/web");
    await status.until("Waiting for deployment");
    const ref = { namespace: "default", name: "web" };
    const { metadata } = await kubectl.test.client.get(deployment, ref);
    await kubectl.test.client.patch(
      deployment,
      ref,
      {
        type: "merge",
        body: {
          status: {
            observedGeneration: metadata.generation,
            replicas: 2,
            updatedReplicas: 2,
            readyReplicas: 2,
            availableReplicas: 2,
            conditions: [{ type: "Available", status: "True" }],
          },
        },
      },
      { subresource: "status" },
    );
    await status.until('deployment "web" successfully rolled out');
    await status.stop();
    expect(
      await kubectl.run("wait", "--for=condition=Available", "deployment/web", "--timeout=10s"),
    ).toContain("met");
    expect(await kubectl.run("get", "deployment", "web", "--subresource=status", "-o", "name")).toContain(
      "web",
    );
  });
});

describe("watch", () => {
  test("get -w shows what comes, changes and goes", async () => {
    const watch = kubectl.follow("get", "pods", "-l", "watched", "-w");
    await kubectl.feed(podYaml("seen", '{watched: "yes"}'), "create", "-f", "-");
    await watch.until("seen");
    await kubectl.test.client.patch(
      pod,
      { namespace: "default", name: "seen" },
      { type: "merge", body: { status: { phase: "Running" } } },
      { subresource: "status" },
    );
    await watch.until("Running");
    expect(watch.text().match(/NAME/g)).toHaveLength(1);
    const gone = kubectl.run("wait", "--for=delete", "pod/seen", "--timeout=20s");
    await kubectl.run("delete", "pod", "seen");
    await gone;
    await watch.stop();
  });

  test("get -w --output-watch-events", async () => {
    const watch = kubectl.follow("get", "cm", "-w", "--output-watch-events");
    await watch.until("settings");
    await kubectl.run("create", "cm", "later");
    await watch.until("later");
    await kubectl.run("delete", "cm", "later");
    await watch.until("DELETED");
    await watch.stop();
  });
});

describe("describe, events, logs", () => {
  test("describe works for objects of every stored kind", async () => {
    const uid = await kubectl.run("get", "pod", "first", "-o", "jsonpath={.metadata.uid}");
    await kubectl.run("create", "-f", await kubectl.file("more.json", JSON.stringify(moreObjects(uid))));
    const further = JSON.stringify({ apiVersion: "v1", kind: "List", items: furtherObjects });
    await kubectl.run("create", "-f", await kubectl.file("further.json", further));
    // Those that are seen in other objects have tests of their own.
    for (const kind of allKinds.filter(({ verbs }) => verbs.includes("watch"))) {
      const name = kind.group === "" ? kind.plural : `${kind.plural}.${kind.group}`;
      expect(await kubectl.run("get", name, "-A"), name).toMatch(/AGE|LAST SEEN/);
      const described = await kubectl.run("describe", name);
      if (kind.kind !== "Event") expect(described, name).toMatch(/^Name:/m);
    }
  });

  test("events, and the events of an object", async () => {
    expect(await kubectl.run("events")).toMatch(
      /LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n.*Warning +BackOff +Pod\/first/,
    );
    expect(await kubectl.run("get", "events")).toContain("BackOff");
    expect(await kubectl.run("describe", "pod", "first")).toContain("Back-off restarting");
    expect(await kubectl.run("events", "--for", "pod/first")).toContain("BackOff");
  });

  test("logs", async () => {
    expect(await kubectl.run("logs", "first")).toBe("one\ntwo\nthree\n");
    expect(await kubectl.run("logs", "first", "--tail=1")).toBe("three\n");
    expect(await kubectl.run("logs", "-f", "first")).toBe("one\ntwo\nthree\nand more\n");
    await kubectl.feed(podYaml("silent"), "create", "-f", "-");
    expect(await kubectl.fail("logs", "silent")).toContain("is waiting to start");
    expect(await kubectl.fail("logs", "nobody")).toContain('pods "nobody" not found');
  });
});

describe("who may what", () => {
  test("whoami, can-i, impersonation, tokens", async () => {
    expect(await kubectl.run("auth", "whoami")).toContain("admin");
    expect(await kubectl.run("auth", "can-i", "create", "pods")).toBe("yes\n");
    expect(await kubectl.run("auth", "can-i", "--list")).toMatch(/\*\.\* .*\[\*\]/);
    expect(await kubectl.fail("auth", "can-i", "create", "pods", "--as=eve")).toContain("no");
    expect(await kubectl.fail("get", "pods", "--as=eve")).toContain(
      'Error from server (Forbidden): pods is forbidden: User "eve" cannot list resource "pods" in API group "" in the namespace "default"',
    );
    expect(await kubectl.fail("get", "pods", "--token=wrong")).toContain("must be logged in to the server");
    const token = (await kubectl.run("create", "token", "robot")).trim();
    const args = ["--token", token, "--kubeconfig", await kubectl.file("empty.yaml", emptyConfig(kubectl))];
    expect(await kubectl.run("auth", "whoami", ...args)).toContain("system:serviceaccount:default:robot");
    expect(await kubectl.fail("get", "secrets", ...args)).toContain("cannot list resource");
  });
});

describe("what is wrong is said", () => {
  test("unknown fields, by what the user asked for", async () => {
    const wrong = podYaml("odd").replace("image: busybox", "image: busybox, imagee: x");
    expect(await kubectl.failFed(wrong, "create", "-f", "-")).toContain(
      'strict decoding error: unknown field "spec.containers[0].imagee"',
    );
    expect(await kubectl.feed(wrong, "create", "--validate=ignore", "-f", "-")).toContain("created");
    expect(await kubectl.run("get", "pod", "odd", "-o", "yaml")).not.toContain("imagee");
  });

  test("every field that is wrong, by its path", async () => {
    const wrong = podYaml("bad").replace("image: busybox", "ports: [{containerPort: 99999}]");
    const said = await kubectl.failFed(wrong, "create", "-f", "-");
    expect(said).toContain('The Pod "bad" is invalid:');
    expect(said).toContain("spec.containers[0].image: Required value");
    expect(said).toContain("spec.containers[0].ports[0].containerPort: Invalid value: 99999");
  });

  test("names, duplicates, immutable fields", async () => {
    expect(await kubectl.fail("create", "cm", "A_b")).toContain(
      "a lowercase RFC 1123 subdomain must consist of",
    );
    expect(await kubectl.fail("create", "cm", "x".repeat(254))).toContain(
      "must be no more than 253 characters",
    );
    expect(await kubectl.failFed(podYaml("first"), "create", "-f", "-")).toContain(
      'Error from server (AlreadyExists): error when creating "STDIN": pods "first" already exists',
    );
    expect(
      await kubectl.fail(
        "patch",
        "deployment",
        "web",
        "-p",
        '{"spec":{"selector":{"matchLabels":{"x":"y"}},"template":{"metadata":{"labels":{"x":"y"}}}}}',
      ),
    ).toContain("field is immutable");
    expect(await kubectl.fail("create", "service", "nodeport", "outer", "--tcp=80")).toContain(
      'Unsupported value: "NodePort"',
    );
  });
});

describe("delete", () => {
  test("by name, by selector, all, and with force", async () => {
    expect(await kubectl.run("delete", "pod", "odd")).toContain('pod "odd" deleted');
    await kubectl.feed(podYaml("stuck", "{a: b}"), "create", "-f", "-");
    const ref = { namespace: "default", name: "stuck" };
    await kubectl.test.client.post(pod, ref, "binding", { target: { kind: "Node", name: "node-1" } });
    await kubectl.run("delete", "pod", "stuck", "--wait=false");
    expect(await kubectl.run("get", "pod", "stuck")).toContain("Terminating");
    await kubectl.run("delete", "pod", "stuck", "--force", "--grace-period=0");
    expect(await kubectl.run("get", "pod", "stuck", "--ignore-not-found")).toBe("");
    await kubectl.run("delete", "cm", "--all");
    expect(await kubectl.run("get", "cm", "-o", "name")).toBe("");
    await kubectl.run("delete", "pods", "-l", "run=first");
    await kubectl.run("delete", "-f", await kubectl.file("more.json", JSON.stringify(moreObjects(""))));
  });

  test("orphans are the collector's to make", async () => {
    await kubectl.run("delete", "deployment", "web", "--cascade=orphan", "--wait=false");
    expect(await kubectl.run("get", "deployment", "web", "-o", "jsonpath={.metadata.finalizers}")).toBe(
      '["orphan"]',
    );
  });
});

test("nothing was logged as a fault of the server", () => {
  expect(kubectl.test.errors).toEqual([]);
});

function emptyConfig({ port, test: { caPem } }: Kubectl): string {
  const ca = Buffer.from(caPem).toString("base64");
  const cluster = { server: `https://127.0.0.1:${port}`, "certificate-authority-data": ca };
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster }],
    contexts: [{ name: "c", context: { cluster: "c", user: "" } }],
    "current-context": "c",
  });
}

/** One of each kind that the tests before did not make. */
const moreObjects = (podUid: string) => ({
  apiVersion: "v1",
  kind: "List",
  items: [
    { apiVersion: "v1", kind: "Node", metadata: { name: "node-1" } },
    {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: "first.1", namespace: "default" },
      involvedObject: { apiVersion: "v1", kind: "Pod", name: "first", namespace: "default", uid: podUid },
      type: "Warning",
      reason: "BackOff",
      message: "Back-off restarting failed container",
      count: 3,
      firstTimestamp: new Date().toISOString(),
      lastTimestamp: new Date().toISOString(),
    },
    {
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      metadata: { name: "rs", namespace: "default" },
      spec: {
        selector: { matchLabels: { a: "rs" } },
        template: {
          metadata: { labels: { a: "rs" } },
          spec: { containers: [{ name: "a", image: "b" }] },
        },
      },
    },
    {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "lease", namespace: "default" },
      spec: {},
    },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: "slice", namespace: "default" },
      addressType: "IPv4",
      endpoints: [],
      ports: [],
    },
    {
      apiVersion: "build.openshift.io/v1",
      kind: "BuildConfig",
      metadata: { name: "bc", namespace: "default" },
      spec: { source: { type: "Binary" }, strategy: { type: "Docker" } },
    },
    {
      apiVersion: "build.openshift.io/v1",
      kind: "Build",
      metadata: { name: "build", namespace: "default" },
      spec: { source: { type: "Binary" }, strategy: { type: "Docker" } },
    },
    {
      apiVersion: "image.openshift.io/v1",
      kind: "ImageStream",
      metadata: { name: "stream", namespace: "default" },
    },
    {
      apiVersion: "route.openshift.io/v1",
      kind: "Route",
      metadata: { name: "route", namespace: "default" },
      spec: { host: "a.example.com", to: { kind: "Service", name: "gen" } },
    },
    { apiVersion: "nagi.dev/v1", kind: "Platform", metadata: { name: "plain" }, spec: {} },
    {
      apiVersion: "nagi.dev/v1",
      kind: "Release",
      metadata: { name: "hello-v1", namespace: "default" },
      spec: {
        app: "hello",
        version: 1,
        image: "x",
        processes: {},
        configSecret: "hello-v1",
        description: "x",
      },
    },
    {
      apiVersion: "nagi.dev/v1",
      kind: "SchedulingDecision",
      metadata: { name: "first", namespace: "default" },
      spec: { pod: { name: "first" }, outcome: "Unschedulable" },
    },
  ],
});
