/** All kinds. Written by `npm run generate` from the folders of kinds/; do not edit. */

import type { Kind } from "./kind.ts";
import { controllerRevision } from "./kinds/apps/controllerrevision/controllerrevision.ts";
import { daemonSet } from "./kinds/apps/daemonset/daemonset.ts";
import { deployment } from "./kinds/apps/deployment/deployment.ts";
import { replicaSet } from "./kinds/apps/replicaset/replicaset.ts";
import { statefulSet } from "./kinds/apps/statefulset/statefulset.ts";
import { selfSubjectReview } from "./kinds/authentication/selfsubjectreview/selfsubjectreview.ts";
import { tokenReview } from "./kinds/authentication/tokenreview/tokenreview.ts";
import { selfSubjectAccessReview } from "./kinds/authorization/selfsubjectaccessreview/selfsubjectaccessreview.ts";
import { selfSubjectRulesReview } from "./kinds/authorization/selfsubjectrulesreview/selfsubjectrulesreview.ts";
import { subjectAccessReview } from "./kinds/authorization/subjectaccessreview/subjectaccessreview.ts";
import { horizontalPodAutoscaler } from "./kinds/autoscaling/horizontalpodautoscaler/horizontalpodautoscaler.ts";
import { horizontalPodAutoscalerV1 } from "./kinds/autoscaling/horizontalpodautoscalerv1/horizontalpodautoscalerv1.ts";
import { scale } from "./kinds/autoscaling/scale/scale.ts";
import { cronJob } from "./kinds/batch/cronjob/cronjob.ts";
import { job } from "./kinds/batch/job/job.ts";
import { build } from "./kinds/build/build/build.ts";
import { buildConfig } from "./kinds/build/buildconfig/buildconfig.ts";
import { lease } from "./kinds/coordination/lease/lease.ts";
import { binding } from "./kinds/core/binding/binding.ts";
import { configMap } from "./kinds/core/configmap/configmap.ts";
import { event } from "./kinds/core/event/event.ts";
import { namespace } from "./kinds/core/namespace/namespace.ts";
import { node } from "./kinds/core/node/node.ts";
import { persistentVolume } from "./kinds/core/persistentvolume/persistentvolume.ts";
import { persistentVolumeClaim } from "./kinds/core/persistentvolumeclaim/persistentvolumeclaim.ts";
import { pod } from "./kinds/core/pod/pod.ts";
import { replicationController } from "./kinds/core/replicationcontroller/replicationcontroller.ts";
import { secret } from "./kinds/core/secret/secret.ts";
import { service } from "./kinds/core/service/service.ts";
import { serviceAccount } from "./kinds/core/serviceaccount/serviceaccount.ts";
import { endpointSlice } from "./kinds/discovery/endpointslice/endpointslice.ts";
import { image } from "./kinds/image/image/image.ts";
import { imageStream } from "./kinds/image/imagestream/imagestream.ts";
import { imageStreamImage } from "./kinds/image/imagestreamimage/imagestreamimage.ts";
import { imageStreamImport } from "./kinds/image/imagestreamimport/imagestreamimport.ts";
import { imageStreamTag } from "./kinds/image/imagestreamtag/imagestreamtag.ts";
import { nodeMetrics } from "./kinds/metrics/nodemetrics/nodemetrics.ts";
import { podMetrics } from "./kinds/metrics/podmetrics/podmetrics.ts";
import { addon } from "./kinds/nagi/addon/addon.ts";
import { addonBackup } from "./kinds/nagi/addonbackup/addonbackup.ts";
import { addonService } from "./kinds/nagi/addonservice/addonservice.ts";
import { app } from "./kinds/nagi/app/app.ts";
import { backupStore } from "./kinds/nagi/backupstore/backupstore.ts";
import { housekeeping } from "./kinds/nagi/housekeeping/housekeeping.ts";
import { imageRetention } from "./kinds/nagi/imageretention/imageretention.ts";
import { logDrain } from "./kinds/nagi/logdrain/logdrain.ts";
import { platform } from "./kinds/nagi/platform/platform.ts";
import { release } from "./kinds/nagi/release/release.ts";
import { routeMetrics } from "./kinds/nagi/routemetrics/routemetrics.ts";
import { schedulingDecision } from "./kinds/nagi/schedulingdecision/schedulingdecision.ts";
import { webhook } from "./kinds/nagi/webhook/webhook.ts";
import { webhookDelivery } from "./kinds/nagi/webhookdelivery/webhookdelivery.ts";
import { ingress } from "./kinds/networking/ingress/ingress.ts";
import { ingressClass } from "./kinds/networking/ingressclass/ingressclass.ts";
import { podDisruptionBudget } from "./kinds/policy/poddisruptionbudget/poddisruptionbudget.ts";
import { route } from "./kinds/route/route/route.ts";
import { podGroup } from "./kinds/scheduling/podgroup/podgroup.ts";
import { priorityClass } from "./kinds/scheduling/priorityclass/priorityclass.ts";
import { volumeSnapshot } from "./kinds/snapshot/volumesnapshot/volumesnapshot.ts";
import { csiNode } from "./kinds/storage/csinode/csinode.ts";
import { storageClass } from "./kinds/storage/storageclass/storageclass.ts";
import { processedTemplate } from "./kinds/template/processedtemplate/processedtemplate.ts";
import { template } from "./kinds/template/template/template.ts";

export const allKinds: readonly Kind[] = [
  controllerRevision,
  daemonSet,
  deployment,
  replicaSet,
  statefulSet,
  selfSubjectReview,
  tokenReview,
  selfSubjectAccessReview,
  selfSubjectRulesReview,
  subjectAccessReview,
  horizontalPodAutoscaler,
  horizontalPodAutoscalerV1,
  scale,
  cronJob,
  job,
  build,
  buildConfig,
  lease,
  binding,
  configMap,
  event,
  namespace,
  node,
  persistentVolume,
  persistentVolumeClaim,
  pod,
  replicationController,
  secret,
  service,
  serviceAccount,
  endpointSlice,
  image,
  imageStream,
  imageStreamImage,
  imageStreamImport,
  imageStreamTag,
  nodeMetrics,
  podMetrics,
  addon,
  addonBackup,
  addonService,
  app,
  backupStore,
  housekeeping,
  imageRetention,
  logDrain,
  platform,
  release,
  routeMetrics,
  schedulingDecision,
  webhook,
  webhookDelivery,
  ingress,
  ingressClass,
  podDisruptionBudget,
  route,
  podGroup,
  priorityClass,
  volumeSnapshot,
  csiNode,
  storageClass,
  processedTemplate,
  template,
];
