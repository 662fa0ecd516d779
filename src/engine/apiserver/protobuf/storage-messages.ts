/** The same as core-messages.ts for storage, priorities, budgets and the workloads beside deployments. */

export const storageMessages: Readonly<Record<string, string>> = {
  "apps.v1.ControllerRevision": "1 metadata:meta.v1.ObjectMeta, 2 data:skip, 3 revision?:int",
  "apps.v1.DaemonSet":
    "1 metadata:meta.v1.ObjectMeta, 2 spec:apps.v1.DaemonSetSpec, 3 status:apps.v1.DaemonSetStatus",
  "apps.v1.DaemonSetCondition":
    "1 type:string, 2 status:string, 3 lastTransitionTime:time, 4 reason:string, 5 message:string",
  "apps.v1.DaemonSetSpec":
    "1 selector?:meta.v1.LabelSelector, 2 template:core.v1.PodTemplateSpec, 3 updateStrategy:apps.v1.DaemonSetUpdateStrategy, 4 minReadySeconds:int, 6 revisionHistoryLimit?:int",
  "apps.v1.DaemonSetStatus":
    "1 currentNumberScheduled:int, 2 numberMisscheduled:int, 3 desiredNumberScheduled:int, 4 numberReady:int, 5 observedGeneration:int, 6 updatedNumberScheduled:int, 7 numberAvailable:int, 8 numberUnavailable:int, 9 collisionCount?:int, 10 conditions:apps.v1.DaemonSetCondition[]",
  "apps.v1.DaemonSetUpdateStrategy": "1 type:string, 2 rollingUpdate?:apps.v1.RollingUpdateDaemonSet",
  "apps.v1.RollingUpdateDaemonSet": "1 maxUnavailable?:intOrString, 2 maxSurge?:intOrString",
  "apps.v1.RollingUpdateStatefulSetStrategy": "1 partition?:int, 2 maxUnavailable?:intOrString",
  "apps.v1.StatefulSet":
    "1 metadata:meta.v1.ObjectMeta, 2 spec:apps.v1.StatefulSetSpec, 3 status:apps.v1.StatefulSetStatus",
  "apps.v1.StatefulSetCondition":
    "1 type:string, 2 status:string, 3 lastTransitionTime:time, 4 reason:string, 5 message:string",
  "apps.v1.StatefulSetOrdinals": "1 start:int",
  "apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy": "1 whenDeleted:string, 2 whenScaled:string",
  "apps.v1.StatefulSetSpec":
    "1 replicas?:int, 2 selector?:meta.v1.LabelSelector, 3 template:core.v1.PodTemplateSpec, 4 volumeClaimTemplates:core.v1.PersistentVolumeClaim[], 5 serviceName:string, 6 podManagementPolicy:string, 7 updateStrategy:apps.v1.StatefulSetUpdateStrategy, 8 revisionHistoryLimit?:int, 9 minReadySeconds:int, 10 persistentVolumeClaimRetentionPolicy?:apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy, 11 ordinals?:apps.v1.StatefulSetOrdinals",
  "apps.v1.StatefulSetStatus":
    "1 observedGeneration:int, 2 replicas:int, 3 readyReplicas:int, 4 currentReplicas:int, 5 updatedReplicas:int, 6 currentRevision:string, 7 updateRevision:string, 9 collisionCount?:int, 10 conditions:apps.v1.StatefulSetCondition[], 11 availableReplicas:int",
  "apps.v1.StatefulSetUpdateStrategy":
    "1 type:string, 2 rollingUpdate?:apps.v1.RollingUpdateStatefulSetStrategy",
  "core.v1.CSIPersistentVolumeSource":
    "1 driver:string, 2 volumeHandle:string, 3 readOnly:bool, 4 fsType:string, 5 volumeAttributes:string{}, 6 controllerPublishSecretRef?:core.v1.SecretReference, 7 nodeStageSecretRef?:core.v1.SecretReference, 8 nodePublishSecretRef?:core.v1.SecretReference, 9 controllerExpandSecretRef?:core.v1.SecretReference, 10 nodeExpandSecretRef?:core.v1.SecretReference",
  "core.v1.CephFSPersistentVolumeSource":
    "1 monitors:string[], 2 path:string, 3 user:string, 4 secretFile:string, 5 secretRef?:core.v1.SecretReference, 6 readOnly:bool",
  "core.v1.EphemeralVolumeSource": "1 volumeClaimTemplate?:core.v1.PersistentVolumeClaimTemplate",
  "core.v1.ISCSIPersistentVolumeSource":
    "1 targetPortal:string, 2 iqn:string, 3 lun?:int, 4 iscsiInterface:string, 5 fsType:string, 6 readOnly:bool, 7 portals:string[], 8 chapAuthDiscovery:bool, 10 secretRef?:core.v1.SecretReference, 11 chapAuthSession:bool, 12 initiatorName?:string",
  "core.v1.LocalVolumeSource": "1 path:string, 2 fsType?:string",
  "core.v1.PersistentVolume":
    "1 metadata:meta.v1.ObjectMeta, 2 spec:core.v1.PersistentVolumeSpec, 3 status:core.v1.PersistentVolumeStatus",
  "core.v1.PersistentVolumeClaim":
    "1 metadata:meta.v1.ObjectMeta, 2 spec:core.v1.PersistentVolumeClaimSpec, 3 status:core.v1.PersistentVolumeClaimStatus",
  "core.v1.PersistentVolumeClaimCondition":
    "1 type:string, 2 status:string, 3 lastProbeTime:time, 4 lastTransitionTime:time, 5 reason:string, 6 message:string",
  "core.v1.PersistentVolumeClaimSpec":
    "1 accessModes:string[], 2 resources:core.v1.VolumeResourceRequirements, 3 volumeName:string, 4 selector?:meta.v1.LabelSelector, 5 storageClassName?:string, 6 volumeMode?:string, 7 dataSource?:core.v1.TypedLocalObjectReference, 8 dataSourceRef?:core.v1.TypedObjectReference, 9 volumeAttributesClassName?:string",
  "core.v1.PersistentVolumeClaimStatus":
    "1 phase:string, 2 accessModes:string[], 3 capacity:quantity{}, 4 conditions:core.v1.PersistentVolumeClaimCondition[], 5 allocatedResources:quantity{}, 7 allocatedResourceStatuses:string{}, 8 currentVolumeAttributesClassName?:string, 9 modifyVolumeStatus?:skip, 10 healthStatus?:skip",
  "core.v1.PersistentVolumeClaimTemplate":
    "1 metadata:meta.v1.ObjectMeta, 2 spec:core.v1.PersistentVolumeClaimSpec",
  "core.v1.PersistentVolumeSource":
    "1 gcePersistentDisk?:core.v1.GCEPersistentDiskVolumeSource, 2 awsElasticBlockStore?:core.v1.AWSElasticBlockStoreVolumeSource, 3 hostPath?:core.v1.HostPathVolumeSource, 4 glusterfs?:skip, 5 nfs?:core.v1.NFSVolumeSource, 6 rbd?:core.v1.RBDPersistentVolumeSource, 7 iscsi?:core.v1.ISCSIPersistentVolumeSource, 8 cinder?:skip, 9 cephfs?:core.v1.CephFSPersistentVolumeSource, 10 fc?:skip, 11 flocker?:skip, 12 flexVolume?:skip, 13 azureFile?:skip, 14 vsphereVolume?:skip, 15 quobyte?:skip, 16 azureDisk?:core.v1.AzureDiskVolumeSource, 17 photonPersistentDisk?:skip, 18 portworxVolume?:skip, 19 scaleIO?:skip, 20 local?:core.v1.LocalVolumeSource, 21 storageos?:skip, 22 csi?:core.v1.CSIPersistentVolumeSource",
  "core.v1.PersistentVolumeSpec":
    "1 capacity:quantity{}, 2 .core.v1.PersistentVolumeSource, 3 accessModes:string[], 4 claimRef?:core.v1.ObjectReference, 5 persistentVolumeReclaimPolicy:string, 6 storageClassName:string, 7 mountOptions:string[], 8 volumeMode?:string, 9 nodeAffinity?:core.v1.VolumeNodeAffinity, 10 volumeAttributesClassName?:string",
  "core.v1.PersistentVolumeStatus":
    "1 phase:string, 2 message:string, 3 reason:string, 4 lastPhaseTransitionTime?:time",
  "core.v1.RBDPersistentVolumeSource":
    "1 monitors:string[], 2 image:string, 3 fsType:string, 4 pool:string, 5 user:string, 6 keyring:string, 7 secretRef?:core.v1.SecretReference, 8 readOnly:bool",
  "core.v1.ReplicationController":
    "1 metadata:meta.v1.ObjectMeta, 2 spec:core.v1.ReplicationControllerSpec, 3 status:core.v1.ReplicationControllerStatus",
  "core.v1.ReplicationControllerCondition":
    "1 type:string, 2 status:string, 3 lastTransitionTime:time, 4 reason:string, 5 message:string",
  "core.v1.ReplicationControllerSpec":
    "1 replicas?:int, 2 selector:string{}, 3 template?:core.v1.PodTemplateSpec, 4 minReadySeconds:int",
  "core.v1.ReplicationControllerStatus":
    "1 replicas:int, 2 fullyLabeledReplicas:int, 3 observedGeneration:int, 4 readyReplicas:int, 5 availableReplicas:int, 6 conditions:core.v1.ReplicationControllerCondition[]",
  "core.v1.SecretReference": "1 name:string, 2 namespace:string",
  "core.v1.TopologySelectorLabelRequirement": "1 key:string, 2 values:string[]",
  "core.v1.TopologySelectorTerm": "1 matchLabelExpressions:core.v1.TopologySelectorLabelRequirement[]",
  "core.v1.TypedLocalObjectReference": "1 apiGroup?:string, 2 kind:string, 3 name:string",
  "core.v1.TypedObjectReference": "1 apiGroup?:string, 2 kind:string, 3 name:string, 4 namespace?:string",
  "core.v1.VolumeNodeAffinity": "1 required?:core.v1.NodeSelector",
  "core.v1.VolumeResourceRequirements": "1 limits:quantity{}, 2 requests:quantity{}",
  "policy.v1.PodDisruptionBudget":
    "1 metadata:meta.v1.ObjectMeta, 2 spec:policy.v1.PodDisruptionBudgetSpec, 3 status:policy.v1.PodDisruptionBudgetStatus",
  "policy.v1.PodDisruptionBudgetSpec":
    "1 minAvailable?:intOrString, 2 selector?:meta.v1.LabelSelector, 3 maxUnavailable?:intOrString, 4 unhealthyPodEvictionPolicy?:string",
  "policy.v1.PodDisruptionBudgetStatus":
    "1 observedGeneration:int, 2 disruptedPods:time{}, 3 disruptionsAllowed:int, 4 currentHealthy:int, 5 desiredHealthy:int, 6 expectedPods:int, 7 conditions:meta.v1.Condition[]",
  "scheduling.v1.PriorityClass":
    "1 metadata:meta.v1.ObjectMeta, 2 value?:int, 3 globalDefault:bool, 4 description:string, 5 preemptionPolicy?:string",
  "storage.v1.CSINode": "1 metadata:meta.v1.ObjectMeta, 2 spec:storage.v1.CSINodeSpec, 3 status?:skip",
  "storage.v1.CSINodeDriver":
    "1 name:string, 2 nodeID:string, 3 topologyKeys:string[], 4 allocatable?:storage.v1.VolumeNodeResources",
  "storage.v1.CSINodeSpec": "1 drivers:storage.v1.CSINodeDriver[]",
  "storage.v1.StorageClass":
    "1 metadata:meta.v1.ObjectMeta, 2 provisioner:string, 3 parameters:string{}, 4 reclaimPolicy?:string, 5 mountOptions:string[], 6 allowVolumeExpansion?:bool, 7 volumeBindingMode?:string, 8 allowedTopologies:core.v1.TopologySelectorTerm[]",
  "storage.v1.VolumeNodeResources": "1 count?:int",
};
