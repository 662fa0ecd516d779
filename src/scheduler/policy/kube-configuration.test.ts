import { describe, expect, test } from "vitest";
import type { Plugin } from "../framework/plugin.ts";
import type { Profile } from "../framework/profile.ts";
import { requests, testBed, testNode, testPod } from "../testing/objects.ts";
import { readPod } from "../snapshot/pod-info.ts";
import { defaultProfile } from "../profiles.ts";
import { plainPlugin } from "./plugin-factory.ts";
import { readSchedulerConfig } from "./read-config.ts";

const head = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n";

function profilesOf(rest: string): readonly Profile[] {
  return readSchedulerConfig(head + rest).profiles;
}

function onlyProfile(rest: string): Profile {
  const [profile] = profilesOf(rest);
  if (profile === undefined) throw new Error("no profile");
  return profile;
}

const filtersOf = ({ plugins }: Profile) =>
  plugins.flatMap(({ plugin }) => (plugin.filter === undefined ? [] : [plugin.name]));
const scoresOf = ({ plugins }: Profile) =>
  Object.fromEntries(
    plugins.flatMap(({ plugin, weight }) =>
      plugin.score === undefined || weight === 0 ? [] : [[plugin.name, weight]],
    ),
  );

function problemsOf(rest: string): readonly string[] {
  try {
    readSchedulerConfig(head + rest);
  } catch (error) {
    return String(error)
      .replace(/^.*? is invalid: /, "")
      .split("; ");
  }
  return [];
}

const plugins = (text: string) => `profiles: [{ plugins: ${text} }]`;

describe("which plugins decide", () => {
  const normal = defaultProfile();

  test("without a word, the default ones in their order with their weights", () => {
    const profile = onlyProfile("");
    expect(filtersOf(profile)).toEqual(filtersOf(normal));
    expect(scoresOf(profile)).toEqual(scoresOf(normal));
    expect(scoresOf(profile)).toMatchObject({ TaintToleration: 3, NodeAffinity: 2, NodeResourcesFit: 1 });
  });

  test("multiPoint weighs anew, turns off and adds", () => {
    const profile = onlyProfile(
      plugins(
        "{ multiPoint: { disabled: [{ name: NodePorts }], enabled: [{ name: NodeAffinity, weight: 7 }] } }",
      ),
    );
    expect(filtersOf(profile)).toEqual(filtersOf(normal).filter((name) => name !== "NodePorts"));
    expect(scoresOf(profile)).toEqual({ ...scoresOf(normal), NodeAffinity: 7 });
  });

  test("* turns all off, and only what is turned on is left", () => {
    const profile = onlyProfile(
      plugins(
        "{ multiPoint: { disabled: [{ name: '*' }], enabled: [{ name: NodeResourcesFit }, { name: NodePorts }] } }",
      ),
    );
    expect(filtersOf(profile)).toEqual(["NodeResourcesFit", "NodePorts"]);
    expect(scoresOf(profile)).toEqual({ NodeResourcesFit: 1 });
  });

  test("a single point can be turned off, weighed or ordered by itself", () => {
    const profile = onlyProfile(
      plugins(`{
        filter: { disabled: [{ name: NodeResourcesFit }], enabled: [{ name: NodePorts }] },
        score: { disabled: [{ name: "*" }], enabled: [{ name: NodeResourcesFit, weight: 5 }] } }`),
    );
    const rest = filtersOf(normal).filter((name) => name !== "NodeResourcesFit" && name !== "NodePorts");
    expect(filtersOf(profile)).toEqual(["NodePorts", ...rest]);
    expect(scoresOf(profile)).toEqual({ NodeResourcesFit: 5 });
    const { decider } = testBed([testNode("a", { cpu: "1" })], profile);
    expect(decider.decide(readPod(testPod("p", requests("9", "1")))).chosen?.nodeName).toBe("a");
  });

  test("the default order stays where a point names what multiPoint has", () => {
    const profile = onlyProfile(
      plugins("{ filter: { enabled: [{ name: NodeName }, { name: TaintToleration }] } }"),
    );
    const rest = filtersOf(normal).filter((name) => name !== "NodeName" && name !== "TaintToleration");
    expect(filtersOf(profile)).toEqual(["NodeName", "TaintToleration", ...rest]);
  });

  test("several profiles, one a scheduler name", () => {
    const [first, second] = profilesOf(`profiles:
  - schedulerName: default-scheduler
  - schedulerName: packing
    pluginConfig:
      - name: NodeResourcesFit
        args: { scoringStrategy: { type: MostAllocated } }
`);
    expect([first?.schedulerName, second?.schedulerName]).toEqual(["default-scheduler", "packing"]);
    const nodes = [testNode("empty"), testNode("used")];
    const pod = readPod(testPod("p", requests("1", "1Gi")));
    const choose = (profile: Profile | undefined) => {
      const bed = testBed(nodes, profile);
      bed.put(testPod("h", requests("1", "2Gi")), "used");
      return bed.decider.decide(pod).chosen?.nodeName;
    };
    expect([choose(first), choose(second)]).toEqual(["empty", "used"]);
  });

  test("plugins of others, also instances of classes of which a part is off", () => {
    class Picky implements Plugin {
      readonly name = "Picky";
      readonly #wanted = "b";
      score(_state: unknown, row: number, cluster: { nodeName(row: number): string }): number {
        return cluster.nodeName(row) === this.#wanted ? 100 : 0;
      }
      filter(): number {
        return 1;
      }
    }
    const text = `${head}profiles: [{ plugins: {
      multiPoint: { enabled: [{ name: Picky }] }, filter: { disabled: [{ name: Picky }] } } }]`;
    const [profile] = readSchedulerConfig(text, { plugins: [plainPlugin(new Picky())] }).profiles;
    const { decider } = testBed([testNode("a"), testNode("b"), testNode("c")], profile);
    expect(decider.decide(readPod(testPod("p"))).chosen?.nodeName).toBe("b");
  });
});

describe("arguments", () => {
  test("their kind and version may be there", () => {
    const profile = onlyProfile(`profiles:
  - pluginConfig:
      - name: NodeAffinity
        args:
          apiVersion: kubescheduler.config.k8s.io/v1
          kind: NodeAffinityArgs
          addedAffinity:
            requiredDuringSchedulingIgnoredDuringExecution:
              nodeSelectorTerms: [{ matchExpressions: [{ key: gpu, operator: Exists }] }]
`);
    const { decider } = testBed([testNode("a"), testNode("b", {}, { labels: { gpu: "1" } })], profile);
    expect(decider.decide(readPod(testPod("p"))).chosen?.nodeName).toBe("b");
  });

  test("an extender over HTTPS has an address that says so", () => {
    const text = `${head}extenders: [{ urlPrefix: "http://a.example.com", enableHTTPS: true }]`;
    expect(() => readSchedulerConfig(text)).toThrow(
      'extenders[0].urlPrefix: Invalid value: "http://a.example.com": must begin with https://',
    );
  });

  test("what extenders count, NodeResourcesFit leaves to them", () => {
    const config = readSchedulerConfig(`${head}extenders:
  - urlPrefix: https://gpus.example.com/api
    filterVerb: filter
    httpTimeout: 1m30s
    managedResources: [{ name: example.com/gpu, ignoredByScheduler: true }, { name: example.com/fpga }]
`);
    expect(config.extenders).toEqual([
      expect.objectContaining({
        urlPrefix: "https://gpus.example.com/api",
        timeoutMs: 90_000,
        weight: 1,
        managedResources: ["example.com/gpu", "example.com/fpga"],
      }),
    ]);
    const { decider } = testBed([testNode("a")], config.profiles[0]);
    const asking = (name: string) => readPod(testPod("p", requests("1", "1", { [name]: "1" })));
    expect(decider.decide(asking("example.com/gpu")).chosen?.nodeName).toBe("a");
    expect(decider.decide(asking("example.com/fpga")).chosen).toBeUndefined();
  });

  test("back-off, and what has no effect", () => {
    const config = readSchedulerConfig(`${head}podInitialBackoffSeconds: 2
podMaxBackoffSeconds: 30
percentageOfNodesToScore: 50
leaderElection: { leaderElect: false }
`);
    expect([config.backoffInitialMs, config.backoffMaxMs]).toEqual([2000, 30_000]);
    expect(config.warnings).toEqual([
      "percentageOfNodesToScore has no effect: all nodes are looked at",
      "leaderElection has no effect: it is set by flags",
    ]);
  });
});

describe("what is wrong is named by its field, with what was given and what is allowed", () => {
  const config = (args: string) =>
    `profiles: [{ pluginConfig: [{ name: NodeResourcesFit, args: ${args} }] }]`;
  const args = "profiles[0].pluginConfig[0].args";
  test.each([
    ["profile: []", "profile: Forbidden: unknown field, known here: apiVersion, kind, profiles"],
    ["profiles: []", "profiles: Required value"],
    ["profiles: 3", "profiles: Invalid value: 3: must be an array"],
    ["profiles: [{}, {}]", 'profiles[1].schedulerName: Duplicate value: "default-scheduler"'],
    [
      plugins("{ score: { enabled: [{ name: NodeAffinty }] } }"),
      'profiles[0].plugins.score.enabled[0].name: Unsupported value: "NodeAffinty": supported values: "Coscheduling"',
    ],
    [
      plugins("{ score: { enabled: [{ name: NodePorts }] } }"),
      'profiles[0].plugins.score.enabled[0].name: Invalid value: "NodePorts": this plugin has no score',
    ],
    [
      plugins("{ score: { enabled: [{ name: NodeAffinity, weight: -1 }] } }"),
      "profiles[0].plugins.score.enabled[0].weight: Invalid value: -1: must be between 0 and 1000, inclusive",
    ],
    [
      plugins("{ queueSort: { disabled: [{ name: PrioritySort }] } }"),
      "profiles[0].plugins.queueSort.disabled[0].name: Forbidden: PrioritySort cannot be turned off",
    ],
    [
      plugins("{ multiPoint: { enabled: [{ name: NodeName }, { name: NodeName }] } }"),
      'profiles[0].plugins.multiPoint.enabled[1].name: Duplicate value: "NodeName"',
    ],
    [
      config("{ scoringStrategy: { type: Best } }"),
      `${args}.scoringStrategy.type: Unsupported value: "Best": supported values: "LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"`,
    ],
    [
      config("{ scoringStrategy: { type: RequestedToCapacityRatio } }"),
      `${args}.scoringStrategy.requestedToCapacityRatio: Required value: the strategy RequestedToCapacityRatio needs its shape`,
    ],
    [
      config(
        "{ scoringStrategy: { requestedToCapacityRatio: { shape: [{ utilization: 50 }, { utilization: 20, score: 11 }] } } }",
      ),
      `${args}.scoringStrategy.requestedToCapacityRatio.shape: Invalid value: [{"utilization":50},{"utilization":20,"score":11}]: utilization values must be sorted, each larger than the one before`,
    ],
    [
      config("{ ignoredResourceGroups: [a/b] }"),
      `${args}.ignoredResourceGroups[0]: Invalid value: "a/b": must not contain a slash`,
    ],
    [
      config("{ kind: OtherArgs }"),
      `${args}.kind: Unsupported value: "OtherArgs": supported values: "NodeResourcesFitArgs"`,
    ],
    [config("{ resource: 1 }"), `${args}.resource: Forbidden: unknown field, known here: ignoredResources`],
    [
      "profiles: [{ pluginConfig: [{ name: NodeName, args: { a: 1 } }] }]",
      `${args}.a: Forbidden: the plugin NodeName takes no arguments`,
    ],
    [
      "extenders: [{ urlPrefix: ftp://x, prioritizeVerb: p, weight: 0, httpTimeout: soon }]",
      'extenders[0].urlPrefix: Invalid value: "ftp://x": must be a URL that begins with http:// or https://',
    ],
    ["podInitialBackoffSeconds: 9\npodMaxBackoffSeconds: 3", "podMaxBackoffSeconds: Invalid value: 3"],
  ])("%s", (rest, expected) => {
    expect(problemsOf(rest)[0]).toContain(expected);
  });

  test("all of it at once", () => {
    expect(problemsOf("profiles: 3\nextenders: {}\nparallelism: none")).toHaveLength(3);
  });

  test.each([
    ["[]", "must be an object"],
    ["a: [", "cannot read the scheduler configuration"],
    [`${head}---\n${head}`, "more than one document"],
    [
      "kind: Deployment",
      'kind: Unsupported value: "Deployment": supported values: "KubeSchedulerConfiguration"',
    ],
    [
      "kind: KubeSchedulerConfiguration\napiVersion: kubescheduler.config.k8s.io/v1beta2",
      'apiVersion: Unsupported value: "kubescheduler.config.k8s.io/v1beta2": supported values: "kubescheduler.config.k8s.io/v1"',
    ],
    [
      `a: &a [1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c]`,
      "cannot read the scheduler configuration",
    ],
  ])("no configuration: %s", (text, expected) => {
    expect(() => readSchedulerConfig(text)).toThrow(expected);
  });
});
