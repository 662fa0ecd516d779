/** The sockets that wait for connections, as the kernel's own tables list them. */

export interface ListeningSocket {
  readonly address: string;
  readonly port: number;
}

/** How the kernel writes the state of a socket that listens. */
const listenState = "0A";

/** Of one of the kernel's tables, `/proc/PID/net/tcp` or `tcp6`. */
export function listenersIn(table: string): ListeningSocket[] {
  return table.split("\n").flatMap((line) => {
    const [, , local = "", , state] = /^\s*(\d+):\s+(\S+)\s+(\S+)\s+(\S+)/.exec(line) ?? [];
    return state === listenState ? [listenerOf(local)] : [];
  });
}

/** `0100007F:0BB8`: the bytes of each word are those of the machine, the last one first. */
function listenerOf(local: string): ListeningSocket {
  const [hex = "", portHex = ""] = local.split(":");
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    (word.match(/../g) ?? []).toReversed().map((byte) => Number.parseInt(byte, 16)),
  );
  return {
    address: bytes.length === 4 ? bytes.join(".") : ipv6Text(bytes),
    port: Number.parseInt(portHex, 16),
  };
}

function ipv6Text(bytes: readonly number[]): string {
  if (bytes.every((byte) => byte === 0)) return "::";
  if (bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1) return "::1";
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (isMapped) return bytes.slice(12).join(".");
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  );
  return groups.join(":");
}
