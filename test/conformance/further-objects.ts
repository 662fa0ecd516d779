/** One object of each kind that comes with scheduling, storage and the workloads beyond Deployment. */

const labels = { a: "further" };
const template = { metadata: { labels }, spec: { containers: [{ name: "a", image: "b" }] } };
const inDefault = (name: string) => ({ name, namespace: "default" });

export const furtherObjects: readonly object[] = [
  {
    apiVersion: "apps/v1",
    kind: "ControllerRevision",
    metadata: inDefault("revision"),
    data: {},
    revision: 1,
  },
  {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: inDefault("daemons"),
    spec: { selector: { matchLabels: labels }, template },
  },
  {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: inDefault("states"),
    spec: { serviceName: "states", selector: { matchLabels: labels }, template },
  },
  {
    apiVersion: "nagi.dev/v1",
    kind: "AddonService",
    metadata: { name: "cache" },
    spec: {
      description: "A cache.",
      platform: "redis",
      port: 6379,
      prefix: "CACHE",
      vars: { URL: "redis://${host}:${port}" },
      plans: { small: {} },
      defaultPlan: "small",
    },
  },
  {
    apiVersion: "nagi.dev/v1",
    kind: "Addon",
    metadata: inDefault("shop-cache"),
    spec: { service: "cache", plan: "small" },
  },
  {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: inDefault("scaler"),
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "StatefulSet", name: "states" },
      maxReplicas: 3,
    },
  },
  {
    apiVersion: "v1",
    kind: "ReplicationController",
    metadata: inDefault("controller"),
    spec: { replicas: 0, selector: labels, template },
  },
  {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: "volume" },
    spec: {
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteOnce"],
      hostPath: { path: "/srv/volume" },
    },
  },
  {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: inDefault("claim"),
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  },
  {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: "class" },
    provisioner: "example.com/none",
  },
  { apiVersion: "storage.k8s.io/v1", kind: "CSINode", metadata: { name: "node-1" }, spec: { drivers: [] } },
  { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: { name: "high" }, value: 1000 },
  {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: inDefault("budget"),
    spec: { minAvailable: 1, selector: { matchLabels: labels } },
  },
  {
    apiVersion: "scheduling.x-k8s.io/v1alpha1",
    kind: "PodGroup",
    metadata: inDefault("group"),
    spec: { minMember: 2 },
  },
  {
    apiVersion: "template.openshift.io/v1",
    kind: "Template",
    metadata: inDefault("template"),
    objects: [],
  },
  {
    apiVersion: "metrics.k8s.io/v1beta1",
    kind: "NodeMetrics",
    metadata: { name: "node-1" },
    timestamp: "2026-01-01T00:00:00Z",
    window: "15s",
    usage: { cpu: "1", memory: "1Gi" },
  },
  {
    apiVersion: "metrics.k8s.io/v1beta1",
    kind: "PodMetrics",
    metadata: inDefault("first"),
    timestamp: "2026-01-01T00:00:00Z",
    window: "15s",
    containers: [{ name: "a", usage: { cpu: "1", memory: "1Gi" } }],
  },
  {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: inDefault("nightly"),
    spec: {
      schedule: "0 3 * * *",
      jobTemplate: { spec: { template: { spec: { ...template.spec, restartPolicy: "Never" } } } },
    },
  },
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: inDefault("ingress"),
    spec: { defaultBackend: { service: { name: "states", port: { number: 80 } } } },
  },
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "IngressClass",
    metadata: { name: "class" },
    spec: { controller: "example.com/none" },
  },
  { apiVersion: "nagi.dev/v1", kind: "ImageRetention", metadata: { name: "default" }, spec: {} },
  {
    apiVersion: "nagi.dev/v1",
    kind: "Webhook",
    metadata: inDefault("hook"),
    spec: { app: "shop", provider: "github", secretRef: { name: "hook", key: "secret" } },
  },
  {
    apiVersion: "nagi.dev/v1",
    kind: "WebhookDelivery",
    metadata: inDefault("delivery"),
    spec: { webhook: "hook", app: "shop", id: "1", kind: "Push", event: "push" },
  },
  {
    apiVersion: "nagi.dev/v1",
    kind: "AddonBackup",
    metadata: inDefault("kept"),
    spec: { addon: "shop-cache", service: "cache", plan: "small" },
  },
  {
    apiVersion: "nagi.dev/v1",
    kind: "BackupStore",
    metadata: inDefault("elsewhere"),
    spec: { s3: { endpoint: "https://s3.example.com", bucket: "backups", secret: "s3" } },
  },
  { apiVersion: "nagi.dev/v1", kind: "Housekeeping", metadata: { name: "default" }, spec: {} },
  {
    apiVersion: "nagi.dev/v1",
    kind: "LogDrain",
    metadata: inDefault("drain"),
    spec: { app: "shop", url: "https://logs.example.com/shop" },
  },
  {
    apiVersion: "nagi.dev/v1",
    kind: "RouteMetrics",
    metadata: inDefault("route"),
    timestamp: "2026-01-01T00:00:00Z",
    window: "10s",
  },
  {
    apiVersion: "snapshot.storage.k8s.io/v1",
    kind: "VolumeSnapshot",
    metadata: inDefault("snapshot"),
    spec: { source: { persistentVolumeClaimName: "claim" } },
  },
];
