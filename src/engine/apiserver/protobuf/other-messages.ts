/** The same as core-messages.ts for the other groups and for what all objects share. */

export const otherMessages: Readonly<Record<string, string>> = {
  "apps.v1.Deployment":
    "1 metadata:meta.v1.ObjectMeta, 2 spec:apps.v1.DeploymentSpec, 3 status:apps.v1.DeploymentStatus",
  "apps.v1.DeploymentCondition":
    "1 type:string, 2 status:string, 4 reason:string, 5 message:string, 6 lastUpdateTime:time, 7 lastTransitionTime:time",
  "apps.v1.DeploymentSpec":
    "1 replicas?:int, 2 selector?:meta.v1.LabelSelector, 3 template:core.v1.PodTemplateSpec, 4 strategy:apps.v1.DeploymentStrategy, 5 minReadySeconds:int, 6 revisionHistoryLimit?:int, 7 paused:bool, 9 progressDeadlineSeconds?:int",
  "apps.v1.DeploymentStatus":
    "1 observedGeneration:int, 2 replicas:int, 3 updatedReplicas:int, 4 availableReplicas:int, 5 unavailableReplicas:int, 6 conditions:apps.v1.DeploymentCondition[], 7 readyReplicas:int, 8 collisionCount?:int, 9 terminatingReplicas?:int",
  "apps.v1.DeploymentStrategy": "1 type:string, 2 rollingUpdate?:apps.v1.RollingUpdateDeployment",
  "apps.v1.ReplicaSet":
    "1 metadata:meta.v1.ObjectMeta, 2 spec:apps.v1.ReplicaSetSpec, 3 status:apps.v1.ReplicaSetStatus",
  "apps.v1.ReplicaSetCondition":
    "1 type:string, 2 status:string, 3 lastTransitionTime:time, 4 reason:string, 5 message:string",
  "apps.v1.ReplicaSetSpec":
    "1 replicas?:int, 2 selector?:meta.v1.LabelSelector, 3 template:core.v1.PodTemplateSpec, 4 minReadySeconds:int",
  "apps.v1.ReplicaSetStatus":
    "1 replicas:int, 2 fullyLabeledReplicas:int, 3 observedGeneration:int, 4 readyReplicas:int, 5 availableReplicas:int, 6 conditions:apps.v1.ReplicaSetCondition[], 7 terminatingReplicas?:int",
  "apps.v1.RollingUpdateDeployment": "1 maxUnavailable?:intOrString, 2 maxSurge?:intOrString",
  "authentication.v1.BoundObjectReference": "1 kind:string, 2 apiVersion:string, 3 name:string, 4 uid:string",
  "authentication.v1.SelfSubjectReview":
    "1 metadata:meta.v1.ObjectMeta, 2 status:authentication.v1.SelfSubjectReviewStatus",
  "authentication.v1.SelfSubjectReviewStatus": "1 userInfo:authentication.v1.UserInfo",
  "authentication.v1.TokenRequest":
    "1 metadata:meta.v1.ObjectMeta, 2 spec:authentication.v1.TokenRequestSpec, 3 status:authentication.v1.TokenRequestStatus",
  "authentication.v1.TokenRequestSpec":
    "1 audiences:string[], 3 boundObjectRef?:authentication.v1.BoundObjectReference, 4 expirationSeconds?:int, 5 attestations:string[]{}",
  "authentication.v1.TokenRequestStatus": "1 token:string, 2 expirationTimestamp:time",
  "authentication.v1.TokenReview":
    "1 metadata:meta.v1.ObjectMeta, 2 spec:authentication.v1.TokenReviewSpec, 3 status:authentication.v1.TokenReviewStatus",
  "authentication.v1.TokenReviewSpec": "1 token:string, 2 audiences:string[]",
  "authentication.v1.TokenReviewStatus":
    "1 authenticated:bool, 2 user:authentication.v1.UserInfo, 3 error:string, 4 audiences:string[]",
  "authentication.v1.UserInfo": "1 username:string, 2 uid:string, 3 groups:string[], 4 extra:string[]{}",
  "authorization.v1.NonResourceAttributes": "1 path:string, 2 verb:string",
  "authorization.v1.ResourceAttributes":
    "1 namespace:string, 2 verb:string, 3 group:string, 4 version:string, 5 resource:string, 6 subresource:string, 7 name:string, 8 fieldSelector?:skip, 9 labelSelector?:skip",
  "authorization.v1.SelfSubjectAccessReview":
    "1 metadata:meta.v1.ObjectMeta, 2 spec:authorization.v1.SelfSubjectAccessReviewSpec, 3 status:authorization.v1.SubjectAccessReviewStatus",
  "authorization.v1.SelfSubjectAccessReviewSpec":
    "1 resourceAttributes?:authorization.v1.ResourceAttributes, 2 nonResourceAttributes?:authorization.v1.NonResourceAttributes",
  "authorization.v1.SelfSubjectRulesReview":
    "1 metadata:meta.v1.ObjectMeta, 2 spec:authorization.v1.SelfSubjectRulesReviewSpec, 3 status:authorization.v1.SubjectRulesReviewStatus",
  "authorization.v1.SubjectRulesReviewStatus": "3 incomplete:bool, 4 evaluationError:string",
  "authorization.v1.SelfSubjectRulesReviewSpec": "1 namespace:string",
  "authorization.v1.SubjectAccessReview":
    "1 metadata:meta.v1.ObjectMeta, 2 spec:authorization.v1.SubjectAccessReviewSpec, 3 status:authorization.v1.SubjectAccessReviewStatus",
  "authorization.v1.SubjectAccessReviewSpec":
    "1 resourceAttributes?:authorization.v1.ResourceAttributes, 2 nonResourceAttributes?:authorization.v1.NonResourceAttributes, 3 user:string, 4 groups:string[], 5 extra:string[]{}, 6 uid:string",
  "authorization.v1.SubjectAccessReviewStatus":
    "1 allowed:bool, 2 reason:string, 3 evaluationError:string, 4 denied:bool",
  "autoscaling.v1.CrossVersionObjectReference": "1 kind:string, 2 name:string, 3 apiVersion:string",
  "autoscaling.v1.HorizontalPodAutoscaler":
    "1 metadata:meta.v1.ObjectMeta, 2 spec:autoscaling.v1.HorizontalPodAutoscalerSpec, 3 status:autoscaling.v1.HorizontalPodAutoscalerStatus",
  "autoscaling.v1.HorizontalPodAutoscalerSpec":
    "1 scaleTargetRef:autoscaling.v1.CrossVersionObjectReference, 2 minReplicas?:int, 3 maxReplicas:int, 4 targetCPUUtilizationPercentage?:int",
  "autoscaling.v1.HorizontalPodAutoscalerStatus":
    "1 observedGeneration?:int, 2 lastScaleTime?:time, 3 currentReplicas:int, 4 desiredReplicas:int, 5 currentCPUUtilizationPercentage?:int",
  "autoscaling.v1.Scale":
    "1 metadata:meta.v1.ObjectMeta, 2 spec:autoscaling.v1.ScaleSpec, 3 status:autoscaling.v1.ScaleStatus",
  "autoscaling.v1.ScaleSpec": "1 replicas:int",
  "autoscaling.v1.ScaleStatus": "1 replicas:int, 2 selector:string",
  "batch.v1.CronJob":
    "1 metadata:meta.v1.ObjectMeta, 2 spec:batch.v1.CronJobSpec, 3 status:batch.v1.CronJobStatus",
  "batch.v1.CronJobSpec":
    "1 schedule:string, 2 startingDeadlineSeconds?:int, 3 concurrencyPolicy:string, 4 suspend?:bool, 5 jobTemplate:batch.v1.JobTemplateSpec, 6 successfulJobsHistoryLimit?:int, 7 failedJobsHistoryLimit?:int, 8 timeZone?:string",
  "batch.v1.CronJobStatus":
    "1 active:core.v1.ObjectReference[], 4 lastScheduleTime?:time, 5 lastSuccessfulTime?:time",
  "batch.v1.JobTemplateSpec": "1 metadata:meta.v1.ObjectMeta, 2 spec:batch.v1.JobSpec",
  "batch.v1.Job": "1 metadata:meta.v1.ObjectMeta, 2 spec:batch.v1.JobSpec, 3 status:batch.v1.JobStatus",
  "batch.v1.JobCondition":
    "1 type:string, 2 status:string, 3 lastProbeTime:time, 4 lastTransitionTime:time, 5 reason:string, 6 message:string",
  "batch.v1.JobSpec":
    "1 parallelism?:int, 2 completions?:int, 3 activeDeadlineSeconds?:int, 4 selector?:meta.v1.LabelSelector, 5 manualSelector?:bool, 6 template:core.v1.PodTemplateSpec, 7 backoffLimit?:int, 8 ttlSecondsAfterFinished?:int, 9 completionMode?:string, 10 suspend?:bool, 11 podFailurePolicy?:skip, 12 backoffLimitPerIndex?:skip, 13 maxFailedIndexes?:skip, 14 podReplacementPolicy?:string, 15 managedBy?:string, 16 successPolicy?:skip, 17 scheduling?:skip",
  "batch.v1.JobStatus":
    "1 conditions:batch.v1.JobCondition[], 2 startTime?:time, 3 completionTime?:time, 4 active:int, 5 succeeded:int, 6 failed:int, 7 completedIndexes:string, 8 uncountedTerminatedPods?:batch.v1.UncountedTerminatedPods, 9 ready?:int, 10 failedIndexes?:string, 11 terminating?:int",
  "batch.v1.UncountedTerminatedPods": "1 succeeded:string[], 2 failed:string[]",
  "coordination.v1.Lease": "1 metadata:meta.v1.ObjectMeta, 2 spec:coordination.v1.LeaseSpec",
  "coordination.v1.LeaseSpec":
    "1 holderIdentity?:string, 2 leaseDurationSeconds?:int, 3 acquireTime?:time, 4 renewTime?:time, 5 leaseTransitions?:int, 6 strategy?:string, 7 preferredHolder?:string",
  "discovery.v1.Endpoint":
    "1 addresses:string[], 2 conditions:discovery.v1.EndpointConditions, 3 hostname?:string, 4 targetRef?:core.v1.ObjectReference, 5 deprecatedTopology:string{}, 6 nodeName?:string, 7 zone?:string, 8 hints?:discovery.v1.EndpointHints",
  "discovery.v1.EndpointConditions": "1 ready?:bool, 2 serving?:bool, 3 terminating?:bool",
  "discovery.v1.EndpointHints": "1 forZones:discovery.v1.ForZone[], 2 forNodes:skip",
  "discovery.v1.EndpointPort": "1 name?:string, 2 protocol?:string, 3 port?:int, 4 appProtocol?:string",
  "discovery.v1.EndpointSlice":
    "1 metadata:meta.v1.ObjectMeta, 2 endpoints:discovery.v1.Endpoint[], 3 ports:discovery.v1.EndpointPort[], 4 addressType:string",
  "discovery.v1.ForZone": "1 name:string",
  "meta.v1.Condition":
    "1 type:string, 2 status:string, 3 observedGeneration:int, 4 lastTransitionTime:time, 5 reason:string, 6 message:string",
  "meta.v1.DeleteOptions":
    "1 gracePeriodSeconds?:int, 2 preconditions?:meta.v1.Preconditions, 3 orphanDependents?:bool, 4 propagationPolicy?:string, 5 dryRun:string[], 6 ignoreStoreReadErrorWithClusterBreakingPotential?:bool",
  "meta.v1.LabelSelector": "1 matchLabels:string{}, 2 matchExpressions:meta.v1.LabelSelectorRequirement[]",
  "meta.v1.LabelSelectorRequirement": "1 key:string, 2 operator:string, 3 values:string[]",
  "meta.v1.ManagedFieldsEntry":
    "1 manager:skip, 2 operation:skip, 3 apiVersion:skip, 4 time?:skip, 6 fieldsType:skip, 7 fieldsV1?:skip, 8 subresource:skip",
  "meta.v1.ObjectMeta":
    "1 name:string, 2 generateName:string, 3 namespace:string, 4 selfLink:string, 5 uid:string, 6 resourceVersion:string, 7 generation:int, 8 creationTimestamp:time, 9 deletionTimestamp?:time, 10 deletionGracePeriodSeconds?:int, 11 labels:string{}, 12 annotations:string{}, 13 ownerReferences:meta.v1.OwnerReference[], 14 finalizers:string[], 17 managedFields:meta.v1.ManagedFieldsEntry[]",
  "meta.v1.OwnerReference":
    "1 kind:string, 3 name:string, 4 uid:string, 5 apiVersion:string, 6 controller?:bool, 7 blockOwnerDeletion?:bool",
  "meta.v1.Preconditions": "1 uid?:string, 2 resourceVersion?:string",
  "policy.v1.Eviction": "1 metadata:meta.v1.ObjectMeta, 2 deleteOptions?:meta.v1.DeleteOptions",
  "networking.v1.HTTPIngressPath":
    "1 path:string, 3 pathType?:string, 2 backend:networking.v1.IngressBackend",
  "networking.v1.HTTPIngressRuleValue": "1 paths:networking.v1.HTTPIngressPath[]",
  "networking.v1.Ingress":
    "1 metadata:meta.v1.ObjectMeta, 2 spec:networking.v1.IngressSpec, 3 status:networking.v1.IngressStatus",
  "networking.v1.IngressBackend":
    "3 resource?:core.v1.TypedLocalObjectReference, 4 service?:networking.v1.IngressServiceBackend",
  "networking.v1.IngressClass": "1 metadata:meta.v1.ObjectMeta, 2 spec:networking.v1.IngressClassSpec",
  "networking.v1.IngressClassParametersReference":
    "1 apiGroup?:string, 2 kind:string, 3 name:string, 4 scope?:string, 5 namespace?:string",
  "networking.v1.IngressClassSpec":
    "1 controller:string, 2 parameters?:networking.v1.IngressClassParametersReference",
  "networking.v1.IngressLoadBalancerIngress":
    "1 ip:string, 2 hostname:string, 4 ports:networking.v1.IngressPortStatus[]",
  "networking.v1.IngressLoadBalancerStatus": "1 ingress:networking.v1.IngressLoadBalancerIngress[]",
  "networking.v1.IngressPortStatus": "1 port:int, 2 protocol:string, 3 error?:string",
  "networking.v1.IngressRule": "1 host:string, 2 .networking.v1.IngressRuleValue",
  "networking.v1.IngressRuleValue": "1 http?:networking.v1.HTTPIngressRuleValue",
  "networking.v1.IngressServiceBackend": "1 name:string, 2 port:networking.v1.ServiceBackendPort",
  "networking.v1.IngressSpec":
    "1 defaultBackend?:networking.v1.IngressBackend, 2 tls:networking.v1.IngressTLS[], 3 rules:networking.v1.IngressRule[], 4 ingressClassName?:string",
  "networking.v1.IngressStatus": "1 loadBalancer:networking.v1.IngressLoadBalancerStatus",
  "networking.v1.IngressTLS": "1 hosts:string[], 2 secretName:string",
  "networking.v1.ServiceBackendPort": "1 name:string, 2 number:int",
};
