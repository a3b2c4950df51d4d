import { addressText, parseAddress } from "../net/address";
import type { Problems } from "../problems";
import { claimOf, dockerScope, type PlanContext } from "./context";
import type { Claim } from "./inventory";
import { memberPath, read, readChoice, readInteger, readList, readObject } from "./read";

/** A port of the container that the host passes on. */
export interface PublishedPortSettings {
  /** Port of the container. */
  readonly internal: number;
  /** @default - chosen by Docker */
  readonly external?: number;
  /** @default - every address of the host */
  readonly ip?: string;
  /** @default "tcp" */
  readonly protocol?: string;
}

/** A published port, as planned. */
export interface PublishedPortPlan {
  /** Port of the container. */
  readonly internal: number;
  /** Port of the host; chosen by Docker when absent. */
  readonly external?: number;
  /** Address of the host; every one when absent. */
  readonly ip?: string;
  /** `tcp`, `udp` or `sctp`. */
  readonly protocol: string;
}

/** Reads published ports: each once, and none that would catch the SSH connection itself. */
export function readPublishedPorts(
  problems: Problems,
  path: string,
  settings: readonly PublishedPortSettings[] | undefined,
  context: PlanContext,
): PublishedPortPlan[] {
  const seen = new Map<string, string>();
  return readList(problems, path, settings).flatMap((entry, index) => {
    const at = memberPath(path, index);
    const port = readPort(problems, at, entry);
    if (port === undefined) {
      return [];
    }
    checkManagementPort(problems, `${at}.external`, port, context);
    const key = `${port.protocol}/${port.external ?? `any for ${port.internal}`} ${port.ip ?? "*"}`;
    const other = seen.get(key);
    if (other !== undefined) {
      problems.add(at, port, `is published by ${other} already`, "publish a port once");
    }
    seen.set(key, at);
    return [port];
  });
}

function readPort(problems: Problems, at: string, settings: PublishedPortSettings): PublishedPortPlan | undefined {
  const given = readObject(problems, at, settings, ["internal", "external", "ip", "protocol"]);
  if (given.internal === undefined) {
    problems.add(`${at}.internal`, undefined, "is missing", "give the port inside the container, 1-65535");
  }
  const internal = readInteger(problems, `${at}.internal`, given.internal, { from: 1, to: 65535 });
  const external = readInteger(problems, `${at}.external`, given.external, { from: 1, to: 65535 });
  const ip = read(problems, `${at}.ip`, given.ip, (value) => parseAddress(value));
  const protocol = readChoice(problems, `${at}.protocol`, given.protocol, ["tcp", "udp", "sctp"]) ?? "tcp";
  return internal === undefined
    ? undefined
    : { internal, ...(external !== undefined && { external }), ...(ip && { ip: addressText(ip) }), protocol };
}

/** Ports of the host that somebody else would get; without an address those of every one. */
export interface TakenPorts {
  /** `tcp`, `udp` or `sctp`. */
  readonly protocol: string;
  /** First one. */
  readonly first: number;
  /** Last one. */
  readonly last: number;
  /** Address of the host. */
  readonly address?: string;
}

/** Whether ports hold that of sshd: NAT stands before it, so that the next login would reach the container, for ever. */
export function holdsManagementPort(context: PlanContext, { protocol, first, last, address }: TakenPorts): boolean {
  const { managementAddress, managementPort } = context;
  const everywhere = address === undefined || ["0.0.0.0", "::", managementAddress].includes(address);
  const held = managementPort !== undefined && first <= managementPort && managementPort <= last;
  return held && protocol === "tcp" && everywhere;
}

/** Refuses the port of sshd. */
export function checkManagementPort(
  problems: Problems,
  property: string,
  { protocol, external, ip }: PublishedPortPlan,
  context: PlanContext,
): void {
  if (
    external !== undefined &&
    holdsManagementPort(context, { protocol, first: external, last: external, address: ip })
  ) {
    const wayOut = "choose another port, or an ip that is not the host's address";
    problems.add(property, external, IS_MANAGEMENT_PORT, wayOut);
  }
}

/** What is wrong with such a port. */
export const IS_MANAGEMENT_PORT = "is the port by which the host itself is managed";

/** Claims the ports of the host; `argument` is what names the port. */
export function portClaims(
  context: PlanContext,
  path: string,
  ports: readonly PublishedPortPlan[],
  argument = "external",
): Claim[] {
  return ports.flatMap(({ external, ip, protocol }, index) => {
    const address = ip ?? "0.0.0.0"; // what Docker's provider makes of none
    const property = `${memberPath(path, index)}.${argument}`;
    const value = `${protocol}/${external} ${address}`;
    return external === undefined
      ? []
      : [claimOf(context, { scope: dockerScope(context), kind: "port", value, property })];
  });
}
