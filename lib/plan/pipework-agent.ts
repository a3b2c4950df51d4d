import type { Problems } from "../problems";
import { planProbe } from "./address-probe";
import {
  type AgentPlan,
  containerClaim,
  type ExtraNetworkSettings,
  extraNetworkClaims,
  readAgentContainer,
  readExtraNetworks,
} from "./agent";
import { type Attachment, type AttachmentSettings, readAttachments, withLeasedRoute } from "./attachment";
import type { ContainerSettings } from "./container";
import { type PlanContext, requireHost, startProblems } from "./context";
import { planExtraRoute } from "./default-route";
import { DHCP_ADDRESS } from "./dhcp";
import { ownLabels } from "./docker-network";
import { hostState } from "./host-state";
import { readBoolean, readObject } from "./read";
import { requireDocker } from "./requirements";
import { type VerificationSettings, verificationLines } from "./verification";

export type { AttachmentSettings } from "./attachment";

/** Arguments of a pipework agent, all known. */
export interface PipeworkAgentSettings {
  /** Interfaces that the host puts into the container. */
  readonly interfaces: readonly AttachmentSettings[];
  /** @default - none: Docker gives the container no network at all */
  readonly extraNetworks?: readonly ExtraNetworkSettings[];
  /** @default false */
  readonly waitForInterfaces?: boolean;
  /** Whether the user names the program that runs. @default false */
  readonly namesProgram?: boolean;
  /** @default - interfaces stand, and gateways answer */
  readonly verification?: VerificationSettings;
  /** @default - true where an interface with a MAC of its own has a fixed address */
  readonly probe?: boolean;
  /** @default - nothing of it is checked */
  readonly container?: ContainerSettings;
}

/** All that a pipework agent comes to. */
export interface PipeworkAgentPlan extends AgentPlan {
  /** Links of ours beneath its interfaces, as the words that make them. */
  readonly links?: string;
  /** Its interfaces, in the order of the arguments. */
  readonly interfaces: readonly { readonly name: string; readonly macAddress?: string }[];
  /** Words in front of the program, which wait for the interfaces; none where it does not wait. */
  readonly wait: readonly string[];
  /** What the host asks the LANs before an address is set; empty when nothing. */
  readonly probe: readonly string[];
}

const OWN_ARGUMENTS = ["host", "interfaces", "extraNetworks", "waitForInterfaces", "verify", "probe"];

/** Plans a pipework agent. Throws one ArgumentError with all problems. */
export function planPipeworkAgent(context: PlanContext, given: PipeworkAgentSettings): PipeworkAgentPlan {
  const problems = startProblems(context);
  const settings = readObject(problems, "", given, [
    "interfaces",
    "extraNetworks",
    "waitForInterfaces",
    "namesProgram",
    "verification",
    "probe",
    "container",
  ]);
  requireHost(problems, context, "give host.ref: the host puts the interfaces into the container");
  const containerName = readAgentContainer(problems, settings.container, context, OWN_ARGUMENTS);
  const container = { name: containerName, hostname: settings.container?.hostname };
  const found = readAttachments(problems, "interfaces", settings.interfaces, container, context);
  const extra = readExtraNetworks(problems, "extraNetworks", settings.extraNetworks, "");
  refuseTwoDefaults(problems, found, extra.length);
  const interfaces = withLeasedRoute(found, extra.length);
  // Docker's part of it: who among the further networks has the default route. Ours has none beside them.
  const route = planExtraRoute(problems, "extraNetworks", extra);
  const wait = readBoolean(problems, "waitForInterfaces", settings.waitForInterfaces) ?? false;
  if (wait && settings.namesProgram !== true) {
    const rule = "puts a wait in front of the program, and none is named";
    problems.add("waitForInterfaces", true, rule, "give command, or entrypoint and command, in full");
  }
  const facts = interfaces.map(({ fact }) => fact);
  const proved = verificationLines(problems, "verify", settings.verification, {
    networkName: "",
    gateways: [],
    attached: interfaces.map(({ fact: { dev, gateway, gateway6 }, leased, groups }) => ({
      dev,
      leased,
      gateways: [gateway, gateway6].filter((one) => one !== undefined).filter((one) => one !== DHCP_ADDRESS),
      receives: groups,
    })),
    ...(route?.winner !== undefined && { defaultRoute: route.winner }),
  });
  const places = interfaces.map(({ probed }) => probed);
  const probe = planProbe(problems, settings.probe, context, containerName, places);
  problems.throwIfAny();

  const links = interfaces.flatMap(({ links }) => links ?? []);
  const explicitMac = extra.some((one) => one.endpoint.macAddress !== undefined);
  return {
    containerName,
    labels: ownLabels(context),
    endpoints: route?.endpoints ?? [],
    ...(links.length > 0 && { links: [...new Set(links)].sort().join("\n") }),
    interfaces: facts.map(({ dev, address }) => ({ name: dev, ...(address && { macAddress: address }) })),
    wait: wait ? waitFor(interfaces) : [],
    hostState: hostState([
      ...requireDocker(explicitMac, route?.needsPriority ?? false),
      ...interfaces.flatMap(({ facts }) => facts),
      ...facts,
    ]),
    verify: proved,
    probe,
    claims: [
      ...interfaces.flatMap(({ claims }) => claims),
      containerClaim(context, containerName),
      ...extraNetworkClaims(context, "extraNetworks", extra),
    ],
    warnings: [],
  };
}

function refuseTwoDefaults(problems: Problems, interfaces: readonly Attachment[], networks: number): void {
  interfaces.forEach(({ fact }, index) => {
    for (const argument of ["gateway", "gateway6"] as const) {
      if (networks > 0 && fact[argument] !== undefined) {
        const rule = "is a second default route: Docker gives the container one by its further networks";
        problems.add(`interfaces[${index}].${argument}`, fact[argument], rule, "leave it out, or extraNetworks");
      }
    }
  });
}

/** Whether an interface has an address of whole length, of no group, that is no longer tried for duplicates. */
const LEASED6 =
  'leased() { while read -r at _ length _ flags name; do case "$at,$length,$flags,$name" in ff*) ;; *",80,00,$1") return ;; esac; done; return 1; }';

/**
 * Waits until every interface is up, has a route where it has an IPv4 address, and then the rest is there too; but for an IPv6 address
 * that is leased, which comes for itself.
 */
function waitFor(interfaces: readonly Attachment[]): string[] {
  const routed = interfaces.filter(({ fact }) => fact.ipv4Address !== undefined).map(({ fact }) => fact.dev);
  const others = interfaces.map(({ fact }) => fact.dev).filter((dev) => !routed.includes(dev));
  const leased6 = interfaces.filter(({ leased }) => leased.includes(6)).map(({ fact }) => fact.dev);
  const lines = [
    'named() { while read -r first _; do [ "$first" = "$1" ] && return; done; return 1; }',
    ...routed.map((dev) => `until named ${dev} </proc/net/route; do sleep 1; done`),
    ...others.map((dev) => `until [ -e /sys/class/net/${dev} ]; do sleep 1; done`),
    ...(leased6.length === 0 ? [] : [LEASED6]),
    ...leased6.map((dev) => `until leased ${dev} </proc/net/if_inet6; do sleep 1; done`),
    'exec "$@"',
  ];
  return ["/bin/sh", "-c", lines.join("\n"), "sh"];
}
