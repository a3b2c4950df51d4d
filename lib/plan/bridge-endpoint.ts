import { addressText, parseAddress } from "../net/address";
import { parseMac } from "../net/mac";
import type { Problems } from "../problems";
import { type EndpointPlan, readAliases } from "./agent";
import { type AddressPlan, checkFixedAddress } from "./fixed-address";
import { read } from "./read";

/** Where an agent wants to stand on a bridge network. */
export interface BridgeEndpointSettings {
  /** @default - given by Docker */
  readonly ipv4Address?: string;
  /** @default - given by Docker */
  readonly ipv6Address?: string;
  /** @default - chosen by Docker */
  readonly macAddress?: string;
  /** @default - none */
  readonly aliases?: readonly string[];
}

/** Reads where an agent stands on a bridge network, its own or another's. */
export function readBridgeEndpoint(
  problems: Problems,
  settings: Partial<BridgeEndpointSettings>,
  name: string,
  network: (Omit<AddressPlan, "dhcpRanges"> & Partial<AddressPlan>) | undefined,
): EndpointPlan {
  const readFixed = (argument: "ipv4Address" | "ipv6Address", family: 4 | 6) => {
    const address = read(problems, argument, settings[argument], (value) => parseAddress(value, family));
    if (address !== undefined && network !== undefined) {
      checkFixedAddress(problems, argument, address, { dhcpRanges: [], ...network });
    }
    if (address !== undefined && name === "bridge") {
      const wayOut = "give ownNetwork with a subnet, or leave the address out";
      problems.add(argument, settings[argument], "is fixed, which Docker's default bridge does not take", wayOut);
    }
    return address;
  };
  const ipv4 = readFixed("ipv4Address", 4);
  const ipv6 = readFixed("ipv6Address", 6);
  const macAddress = read(problems, "macAddress", settings.macAddress, parseMac);
  const aliases = readAliases(problems, "aliases", settings.aliases);
  if (aliases.length > 0 && name === "bridge") {
    const wayOut = "give ownNetwork, or name a network";
    problems.add("aliases", aliases, "are names on a network, which Docker's default bridge does not have", wayOut);
  }
  return {
    networkName: name,
    ...(ipv4 && { ipv4Address: addressText(ipv4) }),
    ...(ipv6 && { ipv6Address: addressText(ipv6) }),
    ...(macAddress !== undefined && { macAddress }),
    ...(aliases.length > 0 && { aliases }),
  };
}
