import { addressText, parseAddress } from "../net/address";
import { prefixText } from "../net/prefix";
import { contains } from "../net/range";
import type { Problems } from "../problems";
import type { PlanContext } from "./context";
import { Fallback, familiesOf } from "./policy-facts";
import type { PolicyNetwork } from "./policy-network";
import { LEARNED_GATEWAY, leads, type Uplink } from "./uplink";
import type { Egress } from "./verification";

/** What no argument can be wrong about alone. */
export function checkTogether(
  problems: Problems,
  { managementAddress }: PlanContext,
  together: { network: PolicyNetwork; uplink: Uplink; fallback: Fallback; publishes: boolean },
): void {
  const { network, uplink, fallback, publishes } = together;
  if (uplink.dev !== undefined && uplink.dev === network.bridge) {
    problems.add(
      "uplink.dev",
      uplink.dev,
      "is the agent's own bridge",
      "give the link that leads to the second router",
    );
  }
  const parsed = managementAddress === undefined ? undefined : parseAddress(managementAddress);
  const around = parsed?.fault
    ? undefined
    : network.prefixes.find((prefix) => parsed && contains(prefix, parsed.value));
  if (around !== undefined) {
    const rule = `holds ${managementAddress}, by which the host is managed: its answers would leave by the uplink too`;
    problems.add(
      network.own ? "ownNetwork.subnets" : "existingNetwork.subnets",
      prefixText(around),
      rule,
      "choose another subnet",
    );
  }
  const families = familiesOf(network);
  if (
    uplink.dev !== undefined &&
    families.length > 0 &&
    hasWay(uplink) &&
    !families.some((one) => leads(uplink, one))
  ) {
    const missing = families[0] === 6 ? "gateway6" : "gateway";
    problems.add(`uplink.${missing}`, undefined, `is missing, and the network has IPv${families[0]} alone`, "give it");
  }
  checkSources(problems, network, uplink, fallback);
  if (publishes && network.own === undefined && network.bridge !== undefined && network.prefixes.length === 0) {
    const wayOut = `give its prefixes, as in docker network inspect ${network.name}, or use ownNetwork`;
    problems.add(
      "existingNetwork.subnets",
      undefined,
      "is missing: answers of published ports are known by it",
      wayOut,
    );
  }
}

function hasWay(uplink: Uplink): boolean {
  return uplink.pointToPoint || uplink.gateways.size > 0;
}

function checkSources(problems: Problems, network: PolicyNetwork, uplink: Uplink, fallback: Fallback): void {
  for (const [family, source] of uplink.sources) {
    const at = family === 4 ? "uplink.sourceAddress" : "uplink.sourceAddress6";
    const refuse = (rule: string, wayOut: string) => problems.add(at, addressText(source), rule, wayOut);
    if (network.own === undefined) {
      const rule = "is fixed, but Docker translates the addresses of a network that exists by itself";
      refuse(rule, "use ownNetwork, or leave the address out");
    } else if (!familiesOf(network).includes(family) && !network.own.incomplete) {
      refuse(`translates IPv${family}, which the network does not have`, "leave it out");
    }
    if (fallback === Fallback.Main) {
      const rule = 'belongs to the uplink alone: with fallback "main" packets would leave by main untranslated';
      refuse(rule, 'leave it out, or give fallback "none"');
    }
  }
}

/** What can be proved of the way out: the uplink, and its router of each family that the network has. */
export function egressOf(network: PolicyNetwork, uplink: Uplink): Egress[] {
  const { dev, pointToPoint, gateways } = uplink;
  const { bridge } = network;
  if (dev === undefined || bridge === undefined) {
    return [];
  }
  if (pointToPoint) {
    return [{ link: dev, bridge }];
  }
  return familiesOf(network).flatMap((family) => {
    const gateway = gateways.get(family);
    return gateway === undefined
      ? []
      : [
          {
            link: dev,
            via: gateway === LEARNED_GATEWAY ? `inet${family === 6 ? "6" : ""}` : addressText(gateway),
            bridge,
          },
        ];
  });
}
