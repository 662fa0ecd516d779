/** Networks as Podman's own API lists them. Docker's API looks at every container of the machine for that, which takes long. */

import type { NetworkDetails } from "./engine-types.ts";

export interface NativeNetwork {
  readonly name: string;
  readonly id: string;
  readonly driver: string;
  readonly network_interface?: string;
  readonly subnets?: readonly { readonly subnet: string; readonly gateway?: string }[] | null;
  readonly labels?: Readonly<Record<string, string>> | null;
  readonly options?: Readonly<Record<string, string>> | null;
}

/** In the words of Docker's API. */
export function networkOf(native: NativeNetwork): NetworkDetails {
  const { name, id, driver, network_interface: Interface, subnets, labels, options } = native;
  const Config = (subnets ?? []).map(({ subnet: Subnet, gateway: Gateway }) =>
    Gateway === undefined ? { Subnet } : { Subnet, Gateway },
  );
  return {
    Id: id,
    Name: name,
    Interface,
    Driver: driver,
    Labels: labels ?? {},
    Options: options ?? {},
    IPAM: { Config },
  };
}
