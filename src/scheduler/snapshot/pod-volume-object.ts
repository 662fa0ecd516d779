/** A volume of a pod, as far as it matters where the pod goes. */

export interface PodVolumeObject {
  readonly name: string;
  readonly persistentVolumeClaim?: { readonly claimName: string } | undefined;
  readonly ephemeral?: object | undefined;
  readonly gcePersistentDisk?:
    | { readonly pdName: string; readonly readOnly?: boolean | undefined }
    | undefined;
  readonly awsElasticBlockStore?: { readonly volumeID: string } | undefined;
  readonly iscsi?: { readonly iqn: string; readonly readOnly?: boolean | undefined } | undefined;
  readonly rbd?:
    | {
        readonly monitors: readonly string[];
        readonly image: string;
        readonly pool?: string | undefined;
        readonly readOnly?: boolean | undefined;
      }
    | undefined;
}
