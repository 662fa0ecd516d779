/** The fields of KubeSchedulerConfiguration, kubescheduler.config.k8s.io/v1. */

import { array, boolean, integer, number, object, required, string, type Infer } from "../../model/schema.ts";

export const apiVersion = "kubescheduler.config.k8s.io/v1";

/** Of each list; a configuration with more is a mistake. */
const listMax = 100;

const disabled = array(object("A plugin.", { name: required(string("Its name, or * for all.")) }), "Off.", {
  maxLength: listMax,
});
const enabled = array(
  object("A plugin.", {
    name: required(string("Its name.")),
    weight: integer("Of its score.", { min: 0, max: 1000 }),
  }),
  "On, besides the default ones.",
  { maxLength: listMax },
);
const pluginSet = object("What is on and off.", { enabled, disabled });
export type PluginSetDocument = Infer<typeof pluginSet>;

const plugins = object("Which plugins decide.", {
  multiPoint: pluginSet,
  preEnqueue: pluginSet,
  queueSort: pluginSet,
  preFilter: pluginSet,
  filter: pluginSet,
  postFilter: pluginSet,
  preScore: pluginSet,
  score: pluginSet,
  reserve: pluginSet,
  permit: pluginSet,
  preBind: pluginSet,
  bind: pluginSet,
  postBind: pluginSet,
});
export type PluginsDocument = Infer<typeof plugins>;

const anything = { type: "any", description: "Taken as it is." } as const;

const profile = object("Decides for the pods of one scheduler name.", {
  schedulerName: string("As in spec.schedulerName of the pods.", { maxLength: 253 }),
  percentageOfNodesToScore: integer("Has no effect: all nodes are looked at.", { min: 0, max: 100 }),
  plugins,
  pluginConfig: array(
    object("Arguments of a plugin.", { name: required(string("The plugin.")), args: anything }),
    "Arguments of plugins.",
    { maxLength: listMax },
  ),
});
export type ProfileDocument = Infer<typeof profile>;

export const extenderTls = object("How it is known over HTTPS.", {
  insecure: boolean("Whether its certificate is not checked."),
  serverName: string("Name that its certificate must have."),
  certFile: string("Own certificate."),
  keyFile: string("Own key."),
  caFile: string("Who signs its certificate."),
  certData: string("Own certificate, in base64."),
  keyData: string("Own key, in base64."),
  caData: string("Who signs its certificate, in base64."),
});

export const managedResource = object("A resource.", {
  name: required(string("Name.")),
  ignoredByScheduler: boolean("Whether the scheduler itself does not look at it."),
});

const extender = object("A web server that is asked besides the plugins.", {
  urlPrefix: required(string("For instance http://127.0.0.1:8888/scheduler.")),
  filterVerb: string("Path of its filter."),
  prioritizeVerb: string("Path of its scores."),
  preemptVerb: string("Path of its choice of victims."),
  bindVerb: string("Path of its binding."),
  weight: integer("Of its scores."),
  enableHTTPS: boolean("Whether it is asked over HTTPS."),
  tlsConfig: extenderTls,
  httpTimeout: string("For instance 5s."),
  nodeCacheCapable: boolean("Whether names of nodes are enough for it."),
  managedResources: array(managedResource, "It is asked only about pods that ask for one of these."),
  ignorable: boolean("Whether pods are placed when it fails."),
});
export type ExtenderDocument = Infer<typeof extender>;

export const kubeConfiguration = object("The configuration of a scheduler.", {
  apiVersion: required(string(apiVersion)),
  kind: required(string("KubeSchedulerConfiguration")),
  profiles: array(profile, "One a scheduler name.", { minLength: 1, maxLength: listMax }),
  extenders: array(extender, "Web servers that are asked too.", { maxLength: listMax }),
  podInitialBackoffSeconds: number("First pause after a failure that is not the pod's.", { min: 0 }),
  podMaxBackoffSeconds: number("Longest such pause.", { min: 0 }),
  percentageOfNodesToScore: integer("Has no effect: all nodes are looked at.", { min: 0, max: 100 }),
  parallelism: integer("Has no effect: one core decides.", { min: 1 }),
  delayCacheUntilActive: boolean("Has no effect."),
  leaderElection: anything,
  clientConnection: anything,
  healthzBindAddress: anything,
  metricsBindAddress: anything,
  enableProfiling: anything,
  enableContentionProfiling: anything,
});
