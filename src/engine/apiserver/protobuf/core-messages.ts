/**
 * Wire numbers of the fields of the core group's messages, see messages.ts for how they are written. Fixed for ever
 * by Kubernetes' API.
 */

export const coreMessages: Readonly<Record<string, string>> = {
  "core.v1.AWSElasticBlockStoreVolumeSource":
    "1 volumeID:string, 2 fsType:string, 3 partition:int, 4 readOnly:bool",
  "core.v1.Affinity":
    "1 nodeAffinity?:core.v1.NodeAffinity, 2 podAffinity?:core.v1.PodAffinity, 3 podAntiAffinity?:core.v1.PodAntiAffinity",
  "core.v1.AppArmorProfile": "1 type:string, 2 localhostProfile?:string",
  "core.v1.AttachedVolume": "1 name:string, 2 devicePath:string",
  "core.v1.AzureDiskVolumeSource":
    "1 diskName:string, 2 diskURI:string, 3 cachingMode?:string, 4 fsType?:string, 5 readOnly?:bool, 6 kind?:string",
  "core.v1.Binding": "1 metadata:meta.v1.ObjectMeta, 2 target:core.v1.ObjectReference",
  "core.v1.CSIVolumeSource":
    "1 driver:string, 2 readOnly?:bool, 3 fsType?:string, 4 volumeAttributes:string{}, 5 nodePublishSecretRef?:core.v1.LocalObjectReference",
  "core.v1.Capabilities": "1 add:string[], 2 drop:string[]",
  "core.v1.CephFSVolumeSource":
    "1 monitors:string[], 2 path:string, 3 user:string, 4 secretFile:string, 5 secretRef?:core.v1.LocalObjectReference, 6 readOnly:bool",
  "core.v1.ClientIPConfig": "1 timeoutSeconds?:int",
  "core.v1.ConfigMap":
    "1 metadata:meta.v1.ObjectMeta, 2 data:string{}, 3 binaryData:bytes{}, 4 immutable?:bool",
  "core.v1.ConfigMapEnvSource": "1 .core.v1.LocalObjectReference, 2 optional?:bool",
  "core.v1.ConfigMapKeySelector": "1 .core.v1.LocalObjectReference, 2 key:string, 3 optional?:bool",
  "core.v1.ConfigMapProjection":
    "1 .core.v1.LocalObjectReference, 2 items:core.v1.KeyToPath[], 4 optional?:bool",
  "core.v1.ConfigMapVolumeSource":
    "1 .core.v1.LocalObjectReference, 2 items:core.v1.KeyToPath[], 3 defaultMode?:int, 4 optional?:bool, 5 defaultUser?:skip",
  "core.v1.Container":
    "1 name:string, 2 image:string, 3 command:string[], 4 args:string[], 5 workingDir:string, 6 ports:core.v1.ContainerPort[], 7 env:core.v1.EnvVar[], 8 resources:core.v1.ResourceRequirements, 9 volumeMounts:core.v1.VolumeMount[], 10 livenessProbe?:core.v1.Probe, 11 readinessProbe?:core.v1.Probe, 12 lifecycle?:core.v1.Lifecycle, 13 terminationMessagePath:string, 14 imagePullPolicy:string, 15 securityContext?:core.v1.SecurityContext, 16 stdin:bool, 17 stdinOnce:bool, 18 tty:bool, 19 envFrom:core.v1.EnvFromSource[], 20 terminationMessagePolicy:string, 21 volumeDevices:core.v1.VolumeDevice[], 22 startupProbe?:core.v1.Probe, 23 resizePolicy:core.v1.ContainerResizePolicy[], 24 restartPolicy?:string, 25 restartPolicyRules:skip",
  "core.v1.ContainerImage": "1 names:string[], 2 sizeBytes:int",
  "core.v1.ContainerPort":
    "1 name:string, 2 hostPort:int, 3 containerPort:int, 4 protocol:string, 5 hostIP:string",
  "core.v1.ContainerResizePolicy": "1 resourceName:string, 2 restartPolicy:string",
  "core.v1.ContainerState":
    "1 waiting?:core.v1.ContainerStateWaiting, 2 running?:core.v1.ContainerStateRunning, 3 terminated?:core.v1.ContainerStateTerminated",
  "core.v1.ContainerStateRunning": "1 startedAt:time",
  "core.v1.ContainerStateTerminated":
    "1 exitCode:int, 2 signal:int, 3 reason:string, 4 message:string, 5 startedAt:time, 6 finishedAt:time, 7 containerID:string",
  "core.v1.ContainerStateWaiting": "1 reason:string, 2 message:string",
  "core.v1.ContainerStatus":
    "1 name:string, 2 state:core.v1.ContainerState, 3 lastState:core.v1.ContainerState, 4 ready:bool, 5 restartCount:int, 6 image:string, 7 imageID:string, 8 containerID:string, 9 started?:bool, 10 allocatedResources:quantity{}, 11 resources?:core.v1.ResourceRequirements, 12 volumeMounts:skip, 13 user?:skip, 14 allocatedResourcesStatus:skip, 15 stopSignal?:skip",
  "core.v1.DaemonEndpoint": "1 Port:int",
  "core.v1.DownwardAPIProjection": "1 items:core.v1.DownwardAPIVolumeFile[]",
  "core.v1.DownwardAPIVolumeFile":
    "1 path:string, 2 fieldRef?:core.v1.ObjectFieldSelector, 3 resourceFieldRef?:core.v1.ResourceFieldSelector, 4 mode?:int, 5 user?:skip",
  "core.v1.DownwardAPIVolumeSource":
    "1 items:core.v1.DownwardAPIVolumeFile[], 2 defaultMode?:int, 3 defaultUser?:skip",
  "core.v1.EmptyDirVolumeSource": "1 medium:string, 2 sizeLimit?:quantity, 3 mode?:skip",
  "core.v1.EnvFromSource":
    "1 prefix:string, 2 configMapRef?:core.v1.ConfigMapEnvSource, 3 secretRef?:core.v1.SecretEnvSource",
  "core.v1.EnvVar": "1 name:string, 2 value:string, 3 valueFrom?:core.v1.EnvVarSource",
  "core.v1.EnvVarSource":
    "1 fieldRef?:core.v1.ObjectFieldSelector, 2 resourceFieldRef?:core.v1.ResourceFieldSelector, 3 configMapKeyRef?:core.v1.ConfigMapKeySelector, 4 secretKeyRef?:core.v1.SecretKeySelector, 5 fileKeyRef?:skip",
  "core.v1.EphemeralContainer": "1 .core.v1.EphemeralContainerCommon, 2 targetContainerName:skip",
  "core.v1.EphemeralContainerCommon":
    "1 name:skip, 2 image:skip, 3 command:skip, 4 args:skip, 5 workingDir:skip, 6 ports:skip, 7 env:skip, 8 resources:skip, 9 volumeMounts:skip, 10 livenessProbe?:skip, 11 readinessProbe?:skip, 12 lifecycle?:skip, 13 terminationMessagePath:skip, 14 imagePullPolicy:skip, 15 securityContext?:skip, 16 stdin:skip, 17 stdinOnce:skip, 18 tty:skip, 19 envFrom:skip, 20 terminationMessagePolicy:skip, 21 volumeDevices:skip, 22 startupProbe?:skip, 23 resizePolicy:skip, 24 restartPolicy?:skip, 25 restartPolicyRules:skip",
  "core.v1.Event":
    "1 metadata:meta.v1.ObjectMeta, 2 involvedObject:core.v1.ObjectReference, 3 reason:string, 4 message:string, 5 source:core.v1.EventSource, 6 firstTimestamp:time, 7 lastTimestamp:time, 8 count:int, 9 type:string, 10 eventTime:time, 11 series?:core.v1.EventSeries, 12 action:string, 13 related?:core.v1.ObjectReference, 14 reportingComponent:string, 15 reportingInstance:string",
  "core.v1.EventSeries": "1 count:int, 2 lastObservedTime:time",
  "core.v1.EventSource": "1 component:string, 2 host:string",
  "core.v1.ExecAction": "1 command:string[]",
  "core.v1.GCEPersistentDiskVolumeSource":
    "1 pdName:string, 2 fsType:string, 3 partition:int, 4 readOnly:bool",
  "core.v1.GRPCAction": "1 port:int, 2 service?:string, 3 mode?:skip",
  "core.v1.HTTPGetAction":
    "1 path:string, 2 port:intOrString, 3 host:string, 4 scheme:string, 5 httpHeaders:core.v1.HTTPHeader[], 6 protocol?:skip",
  "core.v1.HTTPHeader": "1 name:string, 2 value:string",
  "core.v1.HostAlias": "1 ip:string, 2 hostnames:string[]",
  "core.v1.HostIP": "1 ip:string",
  "core.v1.HostPathVolumeSource": "1 path:string, 2 type?:string",
  "core.v1.ISCSIVolumeSource":
    "1 targetPortal:string, 2 iqn:string, 3 lun?:int, 4 iscsiInterface:string, 5 fsType:string, 6 readOnly:bool, 7 portals:string[], 8 chapAuthDiscovery:bool, 10 secretRef?:core.v1.LocalObjectReference, 11 chapAuthSession:bool, 12 initiatorName?:string",
  "core.v1.ImageVolumeSource": "1 reference:string, 2 pullPolicy:string",
  "core.v1.KeyToPath": "1 key:string, 2 path:string, 3 mode?:int, 4 user?:skip",
  "core.v1.Lifecycle":
    "1 postStart?:core.v1.LifecycleHandler, 2 preStop?:core.v1.LifecycleHandler, 3 stopSignal?:string",
  "core.v1.LifecycleHandler":
    "1 exec?:core.v1.ExecAction, 2 httpGet?:core.v1.HTTPGetAction, 3 tcpSocket?:core.v1.TCPSocketAction, 4 sleep?:core.v1.SleepAction",
  "core.v1.LoadBalancerIngress": "1 ip:string, 2 hostname:string, 3 ipMode?:skip, 4 ports:skip",
  "core.v1.LoadBalancerStatus": "1 ingress:core.v1.LoadBalancerIngress[]",
  "core.v1.LocalObjectReference": "1 name:string",
  "core.v1.NFSVolumeSource": "1 server:string, 2 path:string, 3 readOnly:bool",
  "core.v1.Namespace":
    "1 metadata:meta.v1.ObjectMeta, 2 spec:core.v1.NamespaceSpec, 3 status:core.v1.NamespaceStatus",
  "core.v1.NamespaceCondition":
    "1 type:string, 2 status:string, 4 lastTransitionTime:time, 5 reason:string, 6 message:string",
  "core.v1.NamespaceSpec": "1 finalizers:string[]",
  "core.v1.NamespaceStatus": "1 phase:string, 2 conditions:core.v1.NamespaceCondition[]",
  "core.v1.Node": "1 metadata:meta.v1.ObjectMeta, 2 spec:core.v1.NodeSpec, 3 status:core.v1.NodeStatus",
  "core.v1.NodeAddress": "1 type:string, 2 address:string",
  "core.v1.NodeAffinity":
    "1 requiredDuringSchedulingIgnoredDuringExecution?:core.v1.NodeSelector, 2 preferredDuringSchedulingIgnoredDuringExecution:core.v1.PreferredSchedulingTerm[]",
  "core.v1.NodeCondition":
    "1 type:string, 2 status:string, 3 lastHeartbeatTime:skip, 4 lastTransitionTime:time, 5 reason:string, 6 message:string",
  "core.v1.NodeDaemonEndpoints": "1 kubeletEndpoint:core.v1.DaemonEndpoint",
  "core.v1.NodeSelector": "1 nodeSelectorTerms:core.v1.NodeSelectorTerm[]",
  "core.v1.NodeSelectorRequirement": "1 key:string, 2 operator:string, 3 values:string[]",
  "core.v1.NodeSelectorTerm":
    "1 matchExpressions:core.v1.NodeSelectorRequirement[], 2 matchFields:core.v1.NodeSelectorRequirement[]",
  "core.v1.NodeSpec":
    "1 podCIDR:string, 2 externalID:skip, 3 providerID:string, 4 unschedulable:bool, 5 taints:core.v1.Taint[], 6 configSource?:skip, 7 podCIDRs:string[], 8 podPreemptionPolicy?:skip",
  "core.v1.NodeStatus":
    "1 capacity:quantity{}, 2 allocatable:quantity{}, 3 phase:string, 4 conditions:core.v1.NodeCondition[], 5 addresses:core.v1.NodeAddress[], 6 daemonEndpoints:core.v1.NodeDaemonEndpoints, 7 nodeInfo:core.v1.NodeSystemInfo, 8 images:core.v1.ContainerImage[], 9 volumesInUse:string[], 10 volumesAttached:core.v1.AttachedVolume[], 11 config?:skip, 12 runtimeHandlers:skip, 13 features?:skip, 14 declaredFeatures:skip",
  "core.v1.NodeSystemInfo":
    "1 machineID:string, 2 systemUUID:string, 3 bootID:string, 4 kernelVersion:string, 5 osImage:string, 6 containerRuntimeVersion:string, 7 kubeletVersion:string, 8 kubeProxyVersion:string, 9 operatingSystem:string, 10 architecture:string, 11 swap?:skip",
  "core.v1.ObjectFieldSelector": "1 apiVersion:string, 2 fieldPath:string",
  "core.v1.ObjectReference":
    "1 kind:string, 2 namespace:string, 3 name:string, 4 uid:string, 5 apiVersion:string, 6 resourceVersion:string, 7 fieldPath:string",
  "core.v1.PersistentVolumeClaimVolumeSource": "1 claimName:string, 2 readOnly:bool",
  "core.v1.Pod": "1 metadata:meta.v1.ObjectMeta, 2 spec:core.v1.PodSpec, 3 status:core.v1.PodStatus",
  "core.v1.PodAffinity":
    "1 requiredDuringSchedulingIgnoredDuringExecution:core.v1.PodAffinityTerm[], 2 preferredDuringSchedulingIgnoredDuringExecution:core.v1.WeightedPodAffinityTerm[]",
  "core.v1.PodAffinityTerm":
    "1 labelSelector?:meta.v1.LabelSelector, 2 namespaces:string[], 3 topologyKey:string, 4 namespaceSelector?:meta.v1.LabelSelector, 5 matchLabelKeys:string[], 6 mismatchLabelKeys:string[]",
  "core.v1.PodAntiAffinity":
    "1 requiredDuringSchedulingIgnoredDuringExecution:core.v1.PodAffinityTerm[], 2 preferredDuringSchedulingIgnoredDuringExecution:core.v1.WeightedPodAffinityTerm[]",
  "core.v1.PodCondition":
    "1 type:string, 2 status:string, 3 lastProbeTime:time, 4 lastTransitionTime:time, 5 reason:string, 6 message:string, 7 observedGeneration:int",
  "core.v1.PodDNSConfig":
    "1 nameservers:string[], 2 searches:string[], 3 options:core.v1.PodDNSConfigOption[]",
  "core.v1.PodDNSConfigOption": "1 name:string, 2 value?:string",
  "core.v1.PodIP": "1 ip:string",
  "core.v1.PodOS": "1 name:string",
  "core.v1.PodReadinessGate": "1 conditionType:string",
  "core.v1.PodResourceClaim":
    "1 name:string, 3 resourceClaimName?:string, 4 resourceClaimTemplateName?:string",
  "core.v1.PodSchedulingGate": "1 name:string",
  "core.v1.PodSecurityContext":
    "1 seLinuxOptions?:core.v1.SELinuxOptions, 2 runAsUser?:int, 3 runAsNonRoot?:bool, 4 supplementalGroups:int[], 5 fsGroup?:int, 6 runAsGroup?:int, 7 sysctls:core.v1.Sysctl[], 8 windowsOptions?:core.v1.WindowsSecurityContextOptions, 9 fsGroupChangePolicy?:string, 10 seccompProfile?:core.v1.SeccompProfile, 11 appArmorProfile?:core.v1.AppArmorProfile, 12 supplementalGroupsPolicy?:string, 13 seLinuxChangePolicy?:string",
  "core.v1.PodSpec":
    "1 volumes:core.v1.Volume[], 2 containers:core.v1.Container[], 3 restartPolicy:string, 4 terminationGracePeriodSeconds?:int, 5 activeDeadlineSeconds?:int, 6 dnsPolicy:string, 7 nodeSelector:string{}, 8 serviceAccountName:string, 9 serviceAccount:string, 10 nodeName:string, 11 hostNetwork:bool, 12 hostPID:bool, 13 hostIPC:bool, 14 securityContext?:core.v1.PodSecurityContext, 15 imagePullSecrets:core.v1.LocalObjectReference[], 16 hostname:string, 17 subdomain:string, 18 affinity?:core.v1.Affinity, 19 schedulerName:string, 20 initContainers:core.v1.Container[], 21 automountServiceAccountToken?:bool, 22 tolerations:core.v1.Toleration[], 23 hostAliases:core.v1.HostAlias[], 24 priorityClassName:string, 25 priority?:int, 26 dnsConfig?:core.v1.PodDNSConfig, 27 shareProcessNamespace?:bool, 28 readinessGates:core.v1.PodReadinessGate[], 29 runtimeClassName?:string, 30 enableServiceLinks?:bool, 31 preemptionPolicy?:string, 32 overhead:quantity{}, 33 topologySpreadConstraints:core.v1.TopologySpreadConstraint[], 34 ephemeralContainers:core.v1.EphemeralContainer[], 35 setHostnameAsFQDN?:bool, 36 os?:core.v1.PodOS, 37 hostUsers?:bool, 38 schedulingGates:core.v1.PodSchedulingGate[], 39 resourceClaims:core.v1.PodResourceClaim[], 40 resources?:core.v1.ResourceRequirements, 41 hostnameOverride?:skip, 43 schedulingGroup?:skip, 44 evictionResponders:skip",
  "core.v1.PodStatus":
    "1 phase:string, 2 conditions:core.v1.PodCondition[], 3 message:string, 4 reason:string, 5 hostIP:string, 6 podIP:string, 7 startTime?:time, 8 containerStatuses:core.v1.ContainerStatus[], 9 qosClass:string, 10 initContainerStatuses:core.v1.ContainerStatus[], 11 nominatedNodeName:string, 12 podIPs:core.v1.PodIP[], 13 ephemeralContainerStatuses:core.v1.ContainerStatus[], 14 resize:string, 15 resourceClaimStatuses:skip, 16 hostIPs:core.v1.HostIP[], 17 observedGeneration:int, 18 extendedResourceClaimStatus?:skip, 19 allocatedResources:skip, 20 resources?:skip, 21 nodeAllocatableResourceClaimStatuses:skip, 22 volumeHealth:skip",
  "core.v1.PodTemplateSpec": "1 metadata:meta.v1.ObjectMeta, 2 spec:core.v1.PodSpec",
  "core.v1.PreferredSchedulingTerm": "1 weight:int, 2 preference:core.v1.NodeSelectorTerm",
  "core.v1.Probe":
    "1 .core.v1.ProbeHandler, 2 initialDelaySeconds:int, 3 timeoutSeconds:int, 4 periodSeconds:int, 5 successThreshold:int, 6 failureThreshold:int, 7 terminationGracePeriodSeconds?:int",
  "core.v1.ProbeHandler":
    "1 exec?:core.v1.ExecAction, 2 httpGet?:core.v1.HTTPGetAction, 3 tcpSocket?:core.v1.TCPSocketAction, 4 grpc?:core.v1.GRPCAction",
  "core.v1.ProjectedVolumeSource":
    "1 sources:core.v1.VolumeProjection[], 2 defaultMode?:int, 3 defaultUser?:skip",
  "core.v1.RBDVolumeSource":
    "1 monitors:string[], 2 image:string, 3 fsType:string, 4 pool:string, 5 user:string, 6 keyring:string, 7 secretRef?:core.v1.LocalObjectReference, 8 readOnly:bool",
  "core.v1.ResourceClaim": "1 name:string, 2 request:string",
  "core.v1.ResourceFieldSelector": "1 containerName:string, 2 resource:string, 3 divisor:quantity",
  "core.v1.ResourceRequirements":
    "1 limits:quantity{}, 2 requests:quantity{}, 3 claims:core.v1.ResourceClaim[]",
  "core.v1.SELinuxOptions": "1 user:string, 2 role:string, 3 type:string, 4 level:string",
  "core.v1.SeccompProfile": "1 type:string, 2 localhostProfile?:string",
  "core.v1.Secret":
    "1 metadata:meta.v1.ObjectMeta, 2 data:bytes{}, 3 type:string, 4 stringData:string{}, 5 immutable?:bool",
  "core.v1.SecretEnvSource": "1 .core.v1.LocalObjectReference, 2 optional?:bool",
  "core.v1.SecretKeySelector": "1 .core.v1.LocalObjectReference, 2 key:string, 3 optional?:bool",
  "core.v1.SecretProjection":
    "1 .core.v1.LocalObjectReference, 2 items:core.v1.KeyToPath[], 4 optional?:bool",
  "core.v1.SecretVolumeSource":
    "1 secretName:string, 2 items:core.v1.KeyToPath[], 3 defaultMode?:int, 4 optional?:bool, 5 defaultUser?:skip",
  "core.v1.SecurityContext":
    "1 capabilities?:core.v1.Capabilities, 2 privileged?:bool, 3 seLinuxOptions?:core.v1.SELinuxOptions, 4 runAsUser?:int, 5 runAsNonRoot?:bool, 6 readOnlyRootFilesystem?:bool, 7 allowPrivilegeEscalation?:bool, 8 runAsGroup?:int, 9 procMount?:string, 10 windowsOptions?:core.v1.WindowsSecurityContextOptions, 11 seccompProfile?:core.v1.SeccompProfile, 12 appArmorProfile?:core.v1.AppArmorProfile",
  "core.v1.Service":
    "1 metadata:meta.v1.ObjectMeta, 2 spec:core.v1.ServiceSpec, 3 status:core.v1.ServiceStatus",
  "core.v1.ServiceAccount":
    "1 metadata:meta.v1.ObjectMeta, 2 secrets:core.v1.ObjectReference[], 3 imagePullSecrets:core.v1.LocalObjectReference[], 4 automountServiceAccountToken?:bool",
  "core.v1.ServiceAccountTokenProjection":
    "1 audience:string, 2 expirationSeconds?:int, 3 path:string, 4 user?:skip",
  "core.v1.ServicePort":
    "1 name:string, 2 protocol:string, 3 port:int, 4 targetPort:intOrString, 5 nodePort:int, 6 appProtocol?:string",
  "core.v1.ServiceSpec":
    "1 ports:core.v1.ServicePort[], 2 selector:string{}, 3 clusterIP:string, 4 type:string, 5 externalIPs:string[], 7 sessionAffinity:string, 8 loadBalancerIP:string, 9 loadBalancerSourceRanges:string[], 10 externalName:string, 11 externalTrafficPolicy:string, 12 healthCheckNodePort:int, 13 publishNotReadyAddresses:bool, 14 sessionAffinityConfig?:core.v1.SessionAffinityConfig, 17 ipFamilyPolicy?:string, 18 clusterIPs:string[], 19 ipFamilies:string[], 20 allocateLoadBalancerNodePorts?:bool, 21 loadBalancerClass?:string, 22 internalTrafficPolicy?:string, 23 trafficDistribution?:string",
  "core.v1.ServiceStatus": "1 loadBalancer:core.v1.LoadBalancerStatus, 2 conditions:meta.v1.Condition[]",
  "core.v1.SessionAffinityConfig": "1 clientIP?:core.v1.ClientIPConfig",
  "core.v1.SleepAction": "1 seconds:int",
  "core.v1.Sysctl": "1 name:string, 2 value:string",
  "core.v1.TCPSocketAction": "1 port:intOrString, 2 host:string",
  "core.v1.Taint": "1 key:string, 2 value:string, 3 effect:string, 4 timeAdded?:time",
  "core.v1.Toleration":
    "1 key:string, 2 operator:string, 3 value:string, 4 effect:string, 5 tolerationSeconds?:int",
  "core.v1.TopologySpreadConstraint":
    "1 maxSkew:int, 2 topologyKey:string, 3 whenUnsatisfiable:string, 4 labelSelector?:meta.v1.LabelSelector, 5 minDomains?:int, 6 nodeAffinityPolicy?:string, 7 nodeTaintsPolicy?:string, 8 matchLabelKeys:string[]",
  "core.v1.Volume": "1 name:string, 2 .core.v1.VolumeSource",
  "core.v1.VolumeDevice": "1 name:string, 2 devicePath:string",
  "core.v1.VolumeMount":
    "1 name:string, 2 readOnly:bool, 3 mountPath:string, 4 subPath:string, 5 mountPropagation?:string, 6 subPathExpr:string, 7 recursiveReadOnly?:string, 8 bindMountOptions:skip",
  "core.v1.VolumeProjection":
    "1 secret?:core.v1.SecretProjection, 2 downwardAPI?:core.v1.DownwardAPIProjection, 3 configMap?:core.v1.ConfigMapProjection, 4 serviceAccountToken?:core.v1.ServiceAccountTokenProjection, 5 clusterTrustBundle?:skip, 6 podCertificate?:skip",
  "core.v1.VolumeSource":
    "1 hostPath?:core.v1.HostPathVolumeSource, 2 emptyDir?:core.v1.EmptyDirVolumeSource, 3 gcePersistentDisk?:core.v1.GCEPersistentDiskVolumeSource, 4 awsElasticBlockStore?:core.v1.AWSElasticBlockStoreVolumeSource, 5 gitRepo?:skip, 6 secret?:core.v1.SecretVolumeSource, 7 nfs?:core.v1.NFSVolumeSource, 8 iscsi?:core.v1.ISCSIVolumeSource, 9 glusterfs?:skip, 10 persistentVolumeClaim?:core.v1.PersistentVolumeClaimVolumeSource, 11 rbd?:core.v1.RBDVolumeSource, 12 flexVolume?:skip, 13 cinder?:skip, 14 cephfs?:core.v1.CephFSVolumeSource, 15 flocker?:skip, 16 downwardAPI?:core.v1.DownwardAPIVolumeSource, 17 fc?:skip, 18 azureFile?:skip, 19 configMap?:core.v1.ConfigMapVolumeSource, 20 vsphereVolume?:skip, 21 quobyte?:skip, 22 azureDisk?:core.v1.AzureDiskVolumeSource, 23 photonPersistentDisk?:skip, 24 portworxVolume?:skip, 25 scaleIO?:skip, 26 projected?:core.v1.ProjectedVolumeSource, 27 storageos?:skip, 28 csi?:core.v1.CSIVolumeSource, 29 ephemeral?:core.v1.EphemeralVolumeSource, 30 image?:core.v1.ImageVolumeSource",
  "core.v1.WeightedPodAffinityTerm": "1 weight:int, 2 podAffinityTerm:core.v1.PodAffinityTerm",
  "core.v1.WindowsSecurityContextOptions":
    "1 gmsaCredentialSpecName?:string, 2 gmsaCredentialSpec?:string, 3 runAsUserName?:string, 4 hostProcess?:bool",
};
