import { createHash } from "node:crypto";
import { type Address, isLinkLocal6, parseAddress, unusableCategory } from "../net/address";
import { deriveInterfaceName, parseInterfaceName } from "../net/interface-name";
import { deriveMac } from "../net/mac";
import type { Problems } from "../problems";
import { isGiven, memberPath, read, readBoolean, readInteger, readObject, readRequired } from "./read";

/** The bridge that an end is plugged into. */
export interface WireBridgeSettings {
  /** Name of the bridge. */
  readonly name: string;
  /** @default false */
  readonly existing?: boolean;
  /** @default - none */
  readonly port?: string;
  /** @default false */
  readonly stp?: boolean;
}

/** One end of a wire. */
export interface PseudowireEndSettings {
  /** Identity of its host; absent where others run it. */
  readonly hostIdentity?: string;
  /** Its address. */
  readonly address: string;
  /** @default - derived */
  readonly tunnelId?: number;
  /** @default - derived */
  readonly sessionId?: number;
  /** @default - derived */
  readonly port?: number;
  /** @default - derived */
  readonly interfaceName?: string;
  /** @default - any */
  readonly underlay?: string;
  /** @default - none */
  readonly bridge?: WireBridgeSettings;
}

/** A bridge that was read. */
export interface WireBridge {
  readonly name: string;
  /** Its MAC address, where the bridge is made for the wire. */
  readonly macAddress?: string;
  readonly port?: string;
  /** Whether it keeps loops open. */
  readonly stp: boolean;
}

/** One end that was read. */
export interface PseudowireEnd {
  /** Where it stands among the arguments. */
  readonly path: string;
  readonly hostIdentity?: string;
  readonly address?: Address;
  readonly tunnelId: number;
  readonly sessionId: number;
  readonly port: number;
  readonly interfaceName: string;
  readonly macAddress: string;
  readonly underlay?: string;
  readonly bridge?: WireBridge;
}

const KNOWN: readonly (keyof PseudowireEndSettings)[] = [
  "hostIdentity",
  "address",
  "tunnelId",
  "sessionId",
  "port",
  "interfaceName",
  "underlay",
  "bridge",
];

/** Ids are 32 bits, and 0 means something else (RFC 3931, 4.1 and 5.4). */
const ID = { from: 1, to: 0xffffffff };

/** Ports that nobody is given: the dynamic ones (RFC 6335, 6). */
const DYNAMIC = { from: 49152, count: 16384 };

/** Reads one end. What is not given is derived from the wire's owner, so that it is always the same. */
export function readEnd(
  problems: Problems,
  index: number,
  settings: PseudowireEndSettings,
  owner: string,
): PseudowireEnd {
  const path = memberPath("ends", index);
  const at = (member: keyof PseudowireEndSettings) => memberPath(path, member);
  const given = readObject(problems, path, settings, KNOWN);
  const seed = `${owner} end ${index}`;
  const address = readRequired(problems, at("address"), given.address, (value) => parseAddress(value));
  const unusable = address && (isLinkLocal6(address) ? "link-local" : unusableCategory(address));
  if (unusable !== undefined) {
    problems.add(
      at("address"),
      given.address,
      `is ${unusable}`,
      "give the address by which the other end reaches this one",
    );
  }
  const underlay = read(problems, at("underlay"), given.underlay, parseInterfaceName);
  const name = read(problems, at("interfaceName"), given.interfaceName, parseInterfaceName);
  const bridge = readBridge(problems, at("bridge"), given.bridge, seed);
  const interfaceName = name ?? deriveInterfaceName("wr-", seed);
  if (given.hostIdentity === undefined) {
    for (const member of ["interfaceName", "underlay", "bridge"] as const) {
      if (given[member] !== undefined) {
        problems.add(
          at(member),
          given[member],
          "is of an end without host, which others run",
          "leave it out, or give host",
        );
      }
    }
  }
  if (bridge !== undefined && [bridge.port, bridge.name].includes(interfaceName)) {
    problems.add(at("interfaceName"), interfaceName, "is the name of its bridge or port too", "choose another name");
  }
  return {
    path,
    ...(given.hostIdentity !== undefined && { hostIdentity: given.hostIdentity }),
    ...(address !== undefined && { address }),
    tunnelId: readInteger(problems, at("tunnelId"), given.tunnelId, ID) ?? 1 + derived(`${seed} tunnel`, 65535),
    sessionId: readInteger(problems, at("sessionId"), given.sessionId, ID) ?? 1 + derived(`${seed} session`, 65535),
    port:
      readInteger(problems, at("port"), given.port, { from: 1, to: 65535 }) ??
      DYNAMIC.from + derived(`${seed} port`, DYNAMIC.count),
    interfaceName,
    macAddress: deriveMac(seed),
    ...(underlay !== undefined && { underlay }),
    ...(bridge !== undefined && { bridge }),
  };
}

function derived(seed: string, count: number): number {
  return createHash("sha256").update(seed).digest().readUInt32BE() % count;
}

function readBridge(
  problems: Problems,
  path: string,
  settings: WireBridgeSettings | undefined,
  seed: string,
): WireBridge | undefined {
  if (!isGiven(problems, path, settings)) {
    return undefined;
  }
  const given = readObject(problems, path, settings, ["name", "existing", "port", "stp"]);
  const name = readRequired(problems, memberPath(path, "name"), given.name, parseInterfaceName);
  const existing = readBoolean(problems, memberPath(path, "existing"), given.existing) ?? false;
  const port = read(problems, memberPath(path, "port"), given.port, parseInterfaceName);
  const stp = readBoolean(problems, memberPath(path, "stp"), given.stp) ?? false;
  if (port !== undefined && port === name) {
    problems.add(memberPath(path, "port"), port, "is the bridge itself", "give the link that leads to the LAN");
  }
  return name === undefined
    ? undefined
    : {
        name,
        ...(!existing && { macAddress: deriveMac(`${seed} bridge`) }),
        ...(port !== undefined && { port }),
        stp,
      };
}
