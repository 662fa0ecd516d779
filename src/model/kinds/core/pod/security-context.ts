/** User, privileges and confinement of pods and containers. */

import { array, boolean, integer, object, oneOf, required, string } from "../../../schema.ts";

const seLinuxOptions = object(
  "SELinux labels.",
  {
    user: string("SELinux user."),
    role: string("SELinux role."),
    type: string("SELinux type."),
    level: string("SELinux level."),
  },
  { name: "io.k8s.api.core.v1.SELinuxOptions" },
);

const seccompProfile = object(
  "The system calls that are allowed.",
  {
    type: required(oneOf(["RuntimeDefault", "Unconfined", "Localhost"], "Which profile.")),
    localhostProfile: string("Profile file on the node, for Localhost."),
  },
  { name: "io.k8s.api.core.v1.SeccompProfile" },
);

const appArmorProfile = object(
  "AppArmor confinement.",
  {
    type: required(oneOf(["RuntimeDefault", "Unconfined", "Localhost"], "Which profile.")),
    localhostProfile: string("Profile that is loaded on the node, for Localhost."),
  },
  { name: "io.k8s.api.core.v1.AppArmorProfile" },
);

const windowsOptions = object(
  "Settings of Windows containers; kept, without effect here.",
  {
    gmsaCredentialSpecName: string("Name of the GMSA credential spec."),
    gmsaCredentialSpec: string("GMSA credential spec."),
    runAsUserName: string("User of the process."),
    hostProcess: boolean("Whether it is a host process."),
  },
  { name: "io.k8s.api.core.v1.WindowsSecurityContextOptions" },
);

const capabilities = object(
  "Changes of the Linux capabilities.",
  {
    add: array(string("A capability, without CAP_."), "Capabilities that are added."),
    drop: array(string("A capability, without CAP_, or ALL."), "Capabilities that are taken away."),
  },
  { name: "io.k8s.api.core.v1.Capabilities" },
);

export const securityContext = object(
  "User and privileges of the container; they win over the pod's.",
  {
    capabilities,
    privileged: boolean("Whether the container may do what the node's root may."),
    runAsUser: integer("User id of the process; the image's when absent.", { min: 0 }),
    runAsGroup: integer("Group id of the process.", { min: 0 }),
    runAsNonRoot: boolean("Refuse to start the container as root."),
    readOnlyRootFilesystem: boolean("Whether the image's files cannot be written."),
    allowPrivilegeEscalation: boolean("Whether a process may gain more privileges than its parent."),
    procMount: oneOf(["Default", "Unmasked"], "How /proc is mounted."),
    seLinuxOptions,
    seccompProfile,
    appArmorProfile,
    windowsOptions,
  },
  { name: "io.k8s.api.core.v1.SecurityContext" },
);

const sysctl = object(
  "A kernel setting.",
  {
    name: required(string("Name of the setting.")),
    value: required(string("Value of the setting.")),
  },
  { name: "io.k8s.api.core.v1.Sysctl" },
);

export const podSecurityContext = object(
  "User and privileges of all containers of the pod.",
  {
    runAsUser: integer("User id of the processes; the image's when absent.", { min: 0 }),
    runAsGroup: integer("Group id of the processes.", { min: 0 }),
    runAsNonRoot: boolean("Refuse to start containers as root."),
    supplementalGroups: array(integer("Group id."), "Further groups of the processes."),
    supplementalGroupsPolicy: oneOf(["Merge", "Strict"], "Whether the image's groups count too."),
    fsGroup: integer("Group that owns the pod's volumes.", { min: 0 }),
    fsGroupChangePolicy: oneOf(["OnRootMismatch", "Always"], "When the owner of volumes is changed."),
    sysctls: array(sysctl, "Kernel settings of the pod."),
    seLinuxOptions,
    seccompProfile,
    appArmorProfile,
    windowsOptions,
    seLinuxChangePolicy: string("How SELinux labels reach volumes."),
  },
  { name: "io.k8s.api.core.v1.PodSecurityContext" },
);
