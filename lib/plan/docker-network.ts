import { addressText } from "../net/address";
import type { Checked } from "../net/checked";
import { prefixText } from "../net/prefix";
import { parseResourceName } from "../net/resource-name";
import type { Problems } from "../problems";
import { ownerOf, type PlanContext } from "./context";
import { memberPath, read, readLine, readRecord, readRequired } from "./read";
import { impliedGateway, reservedTexts, type Subnet } from "./subnets";

/** Docker's arguments of one subnet. */
export interface IpamConfigPlan {
  /** Canonical prefix. */
  readonly subnet: string;
  /** Canonical address. */
  readonly gateway?: string;
  /** Canonical prefix. */
  readonly ipRange?: string;
  /** Name to canonical address. */
  readonly auxAddress?: { readonly [name: string]: string };
}

/** A label, as Docker's provider takes it. */
export interface LabelPlan {
  /** Key. */
  readonly label: string;
  /** Value. */
  readonly value: string;
}

/** Docker's arguments of a network. */
export interface DockerNetworkPlan {
  /** Network driver. */
  readonly driver: string;
  /** Driver options, sorted by key. */
  readonly options: { readonly [key: string]: string };
  /** Whether a subnet is IPv6. */
  readonly ipv6: boolean;
  /** Whether Docker gives no default route. */
  readonly internal: boolean;
  /** Subnets in the order given: Docker takes dynamic addresses from the first of a family. */
  readonly ipamConfigs: readonly IpamConfigPlan[];
  /** Sorted by key. */
  readonly labels: readonly LabelPlan[];
}

/** Reads the name of a Docker network; the component's own where none is given. */
export function readNetworkName(problems: Problems, path: string, value: unknown, context: PlanContext): string {
  const name = read(problems, path, value, parseResourceName) ?? context.name;
  if (["bridge", "host", "none", "default", "ingress"].includes(name)) {
    const from = value === undefined ? "name" : path;
    problems.add(from, name, "is the name of a network that Docker has of its own", "choose another networkName");
  }
  return name;
}

/** Docker's IPAM arguments. `extra` is reserved beside what the user named. */
export function ipamConfigs(
  subnets: readonly Subnet[],
  extra: (subnet: Subnet) => Subnet["reserved"],
): IpamConfigPlan[] {
  return subnets.map((subnet) => {
    const reserved = new Map([...subnet.reserved, ...extra(subnet)]);
    const gateway = subnet.gateway ?? impliedGateway(subnet);
    return {
      subnet: prefixText(subnet.prefix),
      // Said also where Docker would take it by itself: the engine shows it after its next restart, and a refresh would
      // take it for a change that replaces the network.
      ...(gateway && { gateway: addressText(gateway) }),
      ...(subnet.ipRange && { ipRange: prefixText(subnet.ipRange) }),
      ...(reserved.size > 0 && { auxAddress: reservedTexts(reserved) }),
    };
  });
}

/** Labels of wirework: whose it is, and on which host, so that an object is never taken for one of another machine. */
export function ownLabels(context: PlanContext): LabelPlan[] {
  const host = context.hostIdentity === undefined ? [] : [{ label: "wirework.host", value: context.hostIdentity }];
  return [...host, { label: "wirework.owner", value: ownerOf(context) }];
}

/** Reads the user's labels and adds those of wirework. */
export function readLabels(
  problems: Problems,
  path: string,
  value: { readonly [key: string]: string } | undefined,
  context: PlanContext,
): LabelPlan[] {
  const given = readRecord(problems, path, value, parseLabelKey).flatMap(([label, text]) => {
    const read = readRequired(problems, memberPath(path, label), text, parseText);
    return read === undefined ? [] : [{ label, value: read }];
  });
  return [...given, ...ownLabels(context)].sort((a, b) => (a.label < b.label ? -1 : 1));
}

/** Reads a label's key: Docker takes any text, wirework keeps its own prefix and what breaks listings out. */
export function parseLabelKey(key: unknown): Checked<string> {
  const text = String(key);
  if (text.startsWith("wirework.")) {
    return {
      fault: { rule: "begins with wirework., the prefix of wirework's own labels", wayOut: "choose another key" },
    };
  }
  return /^[A-Za-z0-9][A-Za-z0-9._/-]*$/.test(text)
    ? { value: text }
    : { fault: { rule: "is no label key", wayOut: "only A-Z a-z 0-9 . _ / - are allowed, first a letter or digit" } };
}

function parseText(value: unknown): Checked<string> {
  return typeof value === "string" ? { value } : { fault: { rule: "is not a text", wayOut: "give a text, in quotes" } };
}

/** Driver options that an argument of wirework decides: the value, none where the option is left out, and the argument. */
export interface DriverOptionsSaid {
  readonly [key: string]: { readonly value: string | undefined; readonly argument: string };
}

/** Reads further driver options and adds those that other arguments say. */
export function readDriverOptions(
  problems: Problems,
  path: string,
  value: { readonly [key: string]: string } | undefined,
  own: DriverOptionsSaid,
): { [key: string]: string } {
  const given = readRecord(problems, path, value, parseLabelKey).flatMap(([key, text]): [string, string][] => {
    const at = memberPath(path, key);
    const argument = own[key]?.argument;
    if (argument !== undefined) {
      problems.add(at, text, `is said by the argument ${argument}`, `give ${argument}`);
      return [];
    }
    if (key === "com.docker.network.driver.mtu" && !isMtu(text)) {
      problems.add(at, text, "is not an MTU", "give a whole number of 68-65535, in quotes; 1280 or more for IPv6");
      return [];
    }
    const line = readLine(problems, at, text);
    return line === undefined ? [] : [[key, line]];
  });
  const said = Object.entries(own).flatMap(([key, { value: text }]): [string, string][] =>
    text === undefined ? [] : [[key, text]],
  );
  return Object.fromEntries([...given, ...said].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isMtu(text: unknown): boolean {
  return typeof text === "string" && /^[1-9][0-9]{1,4}$/.test(text) && Number(text) >= 68 && Number(text) <= 65535;
}
