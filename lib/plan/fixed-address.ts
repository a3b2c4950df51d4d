import { type Address, addressText } from "../net/address";
import { rangeText } from "../net/address-range";
import { prefixText, subnetRole } from "../net/prefix";
import { type AddressRange, contains } from "../net/range";
import type { Problems } from "../problems";
import { impliedGateway, type Subnet, subnetAround } from "./subnets";

/** A network as far as it decides who may have which address. */
export interface AddressPlan {
  /** Subnets that the user gave. */
  readonly subnets: readonly Subnet[];
  /** What the LAN's DHCP server gives away. */
  readonly dhcpRanges: readonly AddressRange[];
  /** Whether subnets were given that could not be read: what lies outside of the others may lie in those. */
  readonly incomplete?: boolean;
  /** The host's own addresses on the LAN. */
  readonly shim?: readonly Address[];
}

/** Notes why nobody may have this address as a fixed one, if so; returns its subnet otherwise. */
export function checkFixedAddress(
  problems: Problems,
  path: string,
  address: Address,
  { subnets, dhcpRanges, incomplete = false, shim = [] }: AddressPlan,
): Subnet | undefined {
  const refuse = (rule: string, wayOut: string) => {
    problems.add(path, addressText(address), rule, wayOut);
    return undefined;
  };
  const sameFamily = subnets.filter(({ prefix }) => prefix.family === address.family);
  if (incomplete && subnetAround(sameFamily, address) === undefined) {
    return undefined;
  }
  if (sameFamily.length === 0) {
    const rule = `is fixed, but the network was given no IPv${address.family} subnet`;
    return refuse(rule, "give subnets: Docker takes a fixed address only inside a subnet that the user gave");
  }
  const subnet = subnetAround(sameFamily, address);
  if (subnet === undefined) {
    const all = sameFamily.map(({ prefix }) => prefixText(prefix)).join(", ");
    return refuse(`is outside of ${all}`, `choose an address inside ${all}`);
  }
  const another = `choose another address of ${prefixText(subnet.prefix)}`;
  const role = subnetRole(subnet.prefix, address);
  if (role !== undefined) {
    return refuse(`is ${role} of ${prefixText(subnet.prefix)}`, another);
  }
  if (subnet.gateway?.value === address.value) {
    return refuse(`is the gateway of ${prefixText(subnet.prefix)}`, another);
  }
  if (impliedGateway(subnet)?.value === address.value) {
    return refuse("is the address that Docker takes as gateway when none is given", `give the gateway, or ${another}`);
  }
  const reserved = [...subnet.reserved].find(([, one]) => one.value === address.value);
  if (reserved !== undefined) {
    return refuse(`is reserved as ${reserved[0]}`, another);
  }
  const dhcp = dhcpRanges.find((range) => contains(range, address));
  if (dhcp !== undefined) {
    return refuse(
      `is inside DHCP range ${rangeText(dhcp)}, which the LAN's server gives away`,
      `${another}, outside of it`,
    );
  }
  if (shim.some(({ family, value }) => family === address.family && value === address.value)) {
    return refuse("is the host's own address on this network (hostAccess)", another);
  }
  return subnet;
}
