import { addressText, parseAddress } from "../net/address";
import type { Problems } from "../problems";
import { execLines, readCommand } from "./command-words";
import { type ProofSettings, readProof } from "./proof";
import { read, readBoolean } from "./read";

/** How an agent proves its place on the network. */
export interface VerificationSettings extends ProofSettings {
  /** @default - true where the network has a gateway on the LAN */
  readonly gateway?: boolean;
  /** @default true */
  readonly receives?: boolean;
  /** @default - only the gateway is asked */
  readonly target?: string;
  /** @default - none */
  readonly command?: readonly string[];
}

/** A way out of the host. */
export interface Egress {
  /** Link by which it leads. */
  readonly link: string;
  /** Router of one family; `inet` or `inet6` for whichever it is; a link without a router leads both. */
  readonly via?: string;
  /** Bridge that the traffic comes from. */
  readonly bridge: string;
}

/** What there is to prove. */
export interface Provable {
  /** Network that the agent is there for. */
  readonly networkName: string;
  /** Gateways that an agent of this network must hear, canonical. */
  readonly gateways: readonly string[];
  /** MAC that the agent must have on that network. */
  readonly macAddress?: string;
  /** Multicast groups of which something must arrive. */
  readonly receives?: readonly string[];
  /** Network that must have the default route, where there are several. */
  readonly defaultRoute?: string;
  /** By which link, and by which of its routers, the host must send what comes from a bridge. */
  readonly egress?: readonly Egress[];
  /** Interfaces that the host puts into the container, and the routers that must answer there. */
  readonly attached?: readonly {
    readonly dev: string;
    /** Families of which it must have a leased address. */
    readonly leased: readonly (4 | 6)[];
    readonly gateways: readonly string[];
    readonly receives: readonly string[];
  }[];
}

const LEASED = { 4: "leased", 6: "leased6" } as const;

/** The lines that the helper's `verify` reads, without header and container; none when nothing is to be proved. */
export function verificationLines(
  problems: Problems,
  path: string,
  settings: VerificationSettings | undefined,
  { networkName, gateways, macAddress, receives = [], defaultRoute, egress = [], attached = [] }: Provable,
): string[] {
  const { given, lines } = readProof(problems, path, settings, ["gateway", "receives", "target", "command"]);
  const gateway = readBoolean(problems, `${path}.gateway`, given.gateway);
  const counted = readBoolean(problems, `${path}.receives`, given.receives) ?? true;
  const target = read(problems, `${path}.target`, given.target, (value) => parseAddress(value));
  const words = readCommand(problems, `${path}.command`, given.command);
  const routers = [
    ...gateways.map((address) => `gateway ${address} network ${networkName}`),
    ...attached.flatMap(({ dev, leased, gateways }) =>
      [...(leased.includes(4) ? ["leased"] : []), ...gateways].map((address) => `gateway ${address} dev ${dev}`),
    ),
  ];
  if (gateway === true && routers.length === 0) {
    problems.add(
      `${path}.gateway`,
      gateway,
      "asks for a gateway that the network does not have",
      "give the gateway of a subnet",
    );
  }
  const groups = [
    ...receives.map((group) => `group ${group} network ${networkName}`),
    ...attached.flatMap(({ dev, receives }) => receives.map((group) => `group ${group} dev ${dev}`)),
  ];
  if (given.receives !== undefined && groups.length === 0) {
    problems.add(`${path}.receives`, given.receives, "is of groups, and the agent receives none", "leave it out");
  }
  const proofs = [
    ...(macAddress === undefined ? [] : [`mac ${macAddress} network ${networkName}`]),
    ...attached.flatMap(({ dev, leased }) =>
      (leased.length === 0 ? ["attached"] : leased.map((family) => LEASED[family])).map((word) => `${word} ${dev}`),
    ),
    ...(gateway === false ? [] : routers),
    ...(counted && groups.length > 0 ? ["require program nft", ...groups] : []),
    ...(target ? [`target ${addressText(target)}`] : []),
    ...execLines(words),
    ...(defaultRoute === undefined ? [] : [`default-route network ${defaultRoute}`]),
    ...egress.map(({ link, via, bridge }) => {
      return `egress ${link}${via ? ` via ${via}` : ""} network ${networkName} iif ${bridge}`;
    }),
  ];
  // A server may try an address itself before it offers it, and a client that was not heard tries again after ten seconds.
  return lines(proofs, attached.some(({ leased }) => leased.length > 0) ? 30 : undefined);
}
