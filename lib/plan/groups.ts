import { type Address, addressText, isMulticast, parseAddress } from "../net/address";
import { bad, type Checked, good } from "../net/checked";
import type { Problems } from "../problems";
import type { PlanContext } from "./context";
import type { GroupFact } from "./facts";
import { IpvlanMode } from "./ipvlan-network";
import type { JoinedNetwork } from "./joined-network";
import { memberPath, readList, readRequired } from "./read";
import { isDualStack } from "./subnets";

// Multicast groups that an agent receives: the host has the kernel join them on the agent's port.

/** Reads a multicast group that anybody may send to. */
export function parseGroup(input: unknown): Checked<Address> {
  const parsed = parseAddress(input);
  if (parsed.fault) {
    return bad(parsed.fault.rule, "write a group such as 239.1.1.1 or ff15::1:1");
  }
  const { family, value } = parsed.value;
  if (!isMulticast(parsed.value)) {
    return bad("is no multicast group", "give one of 224.0.0.0/4 or ff00::/8");
  }
  if (family === 4 ? value >> 24n === 232n : value >> 116n === 0xff3n && ((value >> 96n) & 0xffffn) === 0n) {
    return bad(
      "is a group of one source (RFC 4607), which is joined together with that",
      "leave it out: the program joins it, by the interface",
    );
  }
  // ff01:: stays within the machine.
  if (family === 6 && ((value >> 112n) & 0xfn) <= 1n) {
    return bad("never leaves the machine that sends it", "give one of a wider scope, such as ff15::1:1");
  }
  return good(parsed.value);
}

/** Where groups arrive, or why none does. */
export interface ReceivingPort {
  /** Whether Docker leaves IPv6 on there. */
  readonly ipv6: boolean;
  /** Why nothing of a group reaches it, and what does. */
  readonly refused?: readonly [rule: string, wayOut: string];
}

/** Why none arrives behind a bridge that is not the LAN's. */
export const BEHIND_NAT: readonly [rule: string, wayOut: string] = [
  "do not arrive behind NAT, nor on a routed network: Docker's bridge passes no multicast on",
  "use MacvlanAgent, PipeworkAgent or HostNetworkAgent, or the network of a BridgeNetwork",
];

/** Reads the groups that arrive at a port, canonical and sorted. */
export function readGroups(
  problems: Problems,
  path: string,
  given: readonly string[] | undefined,
  context: PlanContext,
  { ipv6, refused }: ReceivingPort,
): string[] {
  const groups = new Set<string>();
  readList(problems, path, given).forEach((one, index) => {
    const at = memberPath(path, index);
    const group = readRequired(problems, at, one, parseGroup);
    const text = group && addressText(group);
    if (group?.family === 6 && !ipv6) {
      const rule = "is of IPv6, which Docker switches off on a network without an IPv6 subnet";
      problems.add(at, text, rule, "give the network an IPv6 subnet");
    }
    if (text !== undefined && groups.has(text)) {
      problems.add(at, text, "stands here twice", "leave it out");
    }
    if (text !== undefined) {
      groups.add(text);
    }
  });
  if (given !== undefined && given.length > 0 && refused !== undefined) {
    problems.add(path, undefined, ...refused);
  } else if (groups.size > 0 && context.hostIdentity === undefined) {
    const rule = "are joined by the host, on the agent's port, and none is given";
    problems.add(path, undefined, rule, "give host, or let the program join them, by the interface");
  }
  return [...groups].sort();
}

/** Behind a parent that routes to its agents no frame of a group arrives. */
export function lanPort(network: JoinedNetwork | undefined, leased: boolean): ReceivingPort {
  // The host puts in a leased agent's interface itself, with IPv6. Of a network that could not be read nothing is said.
  const ipv6 = leased || network === undefined || isDualStack(network.subnets);
  const mode = network?.facts.mode;
  return mode !== IpvlanMode.L3 && mode !== IpvlanMode.L3s
    ? { ipv6 }
    : {
        ipv6,
        refused: [
          `do not arrive on ipvlan in mode ${mode}, which routes and takes no multicast`,
          "choose mode l2, or macvlan",
        ],
      };
}

/** What the host joins for a container on a network of Docker. */
export function groupFacts(groups: readonly string[], container: string, network: string): GroupFact[] {
  return groups.map((address) => ({ kind: "group", address, container, network }));
}
