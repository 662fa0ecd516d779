/**
 * The registry's configuration file. Pure text, so that the same options give the same digest. Without a cache of
 * blobs: it would go on naming blobs that the sweep has removed.
 */

export interface RegistryConfig {
  /** `host:port`, of loopback. */
  readonly address: string;
  readonly storageDir: string;
  /** Where clients get tokens. */
  readonly tokenUrl: string;
  readonly certificateFile: string;
  /** Shared by all runs, for uploads that go on after a restart. */
  readonly httpSecret: string;
  /** Where pushes are told. */
  readonly eventsUrl: string;
  readonly eventsSecret: string;
}

export const tokenIssuer = "nagi";
export const tokenService = "nagi-registry";

export function registryConfig(config: RegistryConfig): string {
  return `# Written by Nagi at each start; changes are lost.
version: 0.1
log:
  level: error
  formatter: json
  accesslog:
    disabled: true
storage:
  filesystem:
    rootdirectory: ${JSON.stringify(config.storageDir)}
  delete:
    enabled: true
  maintenance:
    uploadpurging:
      enabled: true
      age: 24h
      interval: 6h
      dryrun: false
http:
  addr: ${JSON.stringify(config.address)}
  secret: ${JSON.stringify(config.httpSecret)}
  relativeurls: true
  draintimeout: 60s
notifications:
  endpoints:
    - name: nagi
      url: ${JSON.stringify(config.eventsUrl)}
      headers:
        Authorization: [${JSON.stringify(`Bearer ${config.eventsSecret}`)}]
      timeout: 5s
      threshold: 5
      backoff: 1s
auth:
  token:
    realm: ${JSON.stringify(config.tokenUrl)}
    service: ${tokenService}
    issuer: ${tokenIssuer}
    rootcertbundle: ${JSON.stringify(config.certificateFile)}
`;
}
