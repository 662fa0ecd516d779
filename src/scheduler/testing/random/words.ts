/** The few names and values that random objects use, so that they meet. */

export const nodeNames = ["n1", "n2", "n3", "n4", "n5", "n6"] as const;
export const zones = ["a", "b", "c"] as const;
export const namespaces = ["default", "other"] as const;
export const apps = ["web", "db", "job"] as const;
export const hostnameKey = "kubernetes.io/hostname";
export const zoneKey = "topology.kubernetes.io/zone";
export const topologyKeys = [hostnameKey, zoneKey, "rack"] as const;
export const extended = "example.com/gpu";
export const claimNames = ["claim-1", "claim-2", "claim-3", "claim-4"] as const;
export const classNames = ["local", "made", "zonal", "at-once"] as const;
export const driver = "csi.example.com";
export const images = ["registry/web:1", "registry/db", "registry/job:3"] as const;
