/**
 * What sshd may do: let in the one account by public key, and run the one command that its key names. No shell, no
 * terminal, no forwarding, no password, nothing of the machine's own sshd configuration.
 */

import type { StoredKey } from "./key-store.ts";
import { rsaBitsMin } from "./public-key.ts";

export interface SshdSettings {
  readonly addresses: readonly string[];
  readonly port: number;
  readonly account: string;
  readonly hostKeyFile: string;
  readonly authorizedKeysFile: string;
}

export function sshdConfig(settings: SshdSettings): string {
  const listen = settings.addresses.map((address) =>
    address.includes(":") ? `[${address}]:${settings.port}` : `${address}:${settings.port}`,
  );
  return `# Written by Nagi at each start; changes are lost.
${listen.map((address) => `ListenAddress ${address}`).join("\n")}
HostKey ${settings.hostKeyFile}
PidFile none
UsePAM no
StrictModes yes
AllowUsers ${settings.account}
PermitRootLogin no
AuthenticationMethods publickey
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
HostbasedAuthentication no
RequiredRSASize ${rsaBitsMin}
AuthorizedKeysFile ${settings.authorizedKeysFile}
AuthorizedKeysCommand none
TrustedUserCAKeys none
DisableForwarding yes
PermitTTY no
PermitTunnel no
PermitUserEnvironment no
PermitUserRC no
AcceptEnv GIT_PROTOCOL
PrintMotd no
Banner none
MaxSessions 1
MaxAuthTries 20
MaxStartups 32:30:100
LoginGraceTime 30
ClientAliveInterval 15
ClientAliveCountMax 4
`;
}

/** A line for each key: who shows it gets `command` with the key's id, and nothing else. */
export function authorizedKeys(keys: readonly StoredKey[], command: string): string {
  return keys
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, publicKey }) => `restrict,command="${command} ${id}" ${publicKey}\n`)
    .join("");
}
