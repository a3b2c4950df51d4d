import { type Address, addressText, isLinkLocal6, parseAddress, unusableCategory } from "../net/address";
import { parseInterfaceName } from "../net/interface-name";
import { type Prefix, parsePrefix, prefixText, subnetFault } from "../net/prefix";
import { contains } from "../net/range";
import { parseResourceName } from "../net/resource-name";
import type { Problems } from "../problems";
import { claimOf, linkScope, type PlanContext, requireHost, startProblems } from "./context";
import type { ProxyFact } from "./facts";
import { factText, type HostState, hostState } from "./host-state";
import type { Claim } from "./inventory";
import { forwardingFacts, proxyFacts } from "./ipv6-forwarding";
import { type ProofSettings, readProof } from "./proof";
import { memberPath, read, readList, readObject, readRequired } from "./read";

/** Arguments of a proxy, all known. */
export interface NdpProxySettings {
  /** Link at which routers ask. */
  readonly uplink: string;
  /** What the provider gave. */
  readonly prefix: string;
  /** @default - `addresses` are given */
  readonly container?: string;
  /** @default "bridge" */
  readonly network?: string;
  /** @default - that of the container alone */
  readonly addresses?: readonly string[];
  /** @default - it is proved for a container */
  readonly verification?: ProofSettings;
}

/** All that a proxy comes to. */
export interface NdpProxyPlan {
  /** Name of the container; empty without one. */
  readonly container: string;
  /** Its facts. */
  readonly hostState: HostState;
  /** Lines of the verification, without header and container. */
  readonly verify: readonly string[];
  /** The addresses. */
  readonly claims: readonly Claim[];
  /** What may surprise. */
  readonly warnings: readonly string[];
}

const KNOWN: readonly (keyof NdpProxySettings)[] = [
  "uplink",
  "prefix",
  "container",
  "network",
  "addresses",
  "verification",
];

/** Plans a proxy. Throws one ArgumentError with all problems. */
export function planNdpProxy(context: PlanContext, given: NdpProxySettings): NdpProxyPlan {
  const problems = startProblems(context);
  const settings = readObject(problems, "", given, [...KNOWN, "host"]);
  requireHost(problems, context, "give host.ref: the host is who answers");
  const uplink = readRequired(problems, "uplink", settings.uplink, parseInterfaceName) ?? "";
  const prefix = readPrefix(problems, settings.prefix);
  const container = read(problems, "container", settings.container, parseResourceName);
  const network = read(problems, "network", settings.network, parseResourceName) ?? "bridge";
  if (["host", "none"].includes(network)) {
    problems.add("network", network, "has no address behind the host", "name a bridge network with IPv6");
  }
  if (uplink === "docker0" || /^br-[0-9a-f]{12}$/.test(uplink)) {
    const rule = "is a bridge of Docker's, behind which the containers are: nobody asks there";
    problems.add("uplink", uplink, rule, "give the link that leads to the provider's router");
  }
  const addresses = readAddresses(problems, settings.addresses, prefix);
  if (settings.container === undefined && readList(problems, "addresses", settings.addresses).length === 0) {
    const wayOut = "give a container, addresses, or both";
    problems.add("container", undefined, "is missing, and addresses too: for whom shall the host answer?", wayOut);
  }
  const proof = readProof(problems, "verify", settings.verification);
  problems.throwIfAny();

  const watched: ProxyFact[] = container === undefined ? [] : [{ kind: "proxy", dev: uplink, container, network }];
  const texts = [...new Set(addresses.map(addressText))];
  return {
    container: container ?? "",
    hostState: hostState([
      ...forwardingFacts(uplink),
      ...proxyFacts(uplink),
      ...texts.map((address) => ({ kind: "require", condition: `apart ${address}/128 dev ${uplink}` }) as const),
      ...texts.map((address): ProxyFact => ({ kind: "proxy", address, dev: uplink })),
      ...watched,
    ]),
    verify: proof.lines(watched.map(factText)),
    claims: texts.map((value) =>
      claimOf(context, {
        scope: linkScope(context, { name: "", parent: uplink }),
        kind: "address",
        value,
        property: "addresses",
      }),
    ),
    warnings: [],
  };
}

function readPrefix(problems: Problems, value: unknown): Prefix | undefined {
  const prefix = readRequired(problems, "prefix", value, (given) => parsePrefix(given, 6));
  const fault = prefix && subnetFault(prefix);
  if (fault) {
    problems.add("prefix", value, fault.rule, "give what the provider gave: 2001:db8:1::f0/124");
  }
  return fault ? undefined : prefix;
}

function readAddresses(
  problems: Problems,
  value: readonly string[] | undefined,
  prefix: Prefix | undefined,
): Address[] {
  return readList(problems, "addresses", value).flatMap((one, index) => {
    const path = memberPath("addresses", index);
    const address = readRequired(problems, path, one, (text) => parseAddress(text, 6));
    if (address === undefined) {
      return [];
    }
    const category = unusableCategory(address) ?? (isLinkLocal6(address) ? "link-local" : undefined);
    if (category !== undefined) {
      problems.add(path, one, `is ${category}: no router asks for it`, "give an address of the prefix");
    } else if (prefix !== undefined && !contains(prefix, address)) {
      const rule = `is outside of prefix ${prefixText(prefix)}`;
      problems.add(path, one, rule, "the provider's routers ask for addresses of that prefix only");
    }
    return [address];
  });
}
