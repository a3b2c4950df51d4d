import { bad, type Checked, good } from "../net/checked";
import type { Problems } from "../problems";
import { isGiven, read, readInteger, readObject, readRequired } from "./read";

/** A routing table of its own. */
export interface RoutingTableSettings {
  /** Id: 1-4294967295, but not 252-255. */
  readonly id: number;
  /** @default - `wr` and the id */
  readonly name?: string;
}

/** A routing table that was read, and what is derived from it. */
export interface RoutingTable {
  /** Id. */
  readonly id: number;
  /** Name on the host. */
  readonly name: string;
}

/** The main table, which the kernel calls 254 (include/uapi/linux/rtnetlink.h). */
export const MAIN_TABLE = 254;

/** Ids that the kernel uses, by ip-route(8) and include/uapi/linux/rtnetlink.h. */
const KERNEL_TABLES: { readonly [id: number]: string } = {
  0: "is what the kernel calls unspecified",
  252: "is reserved by the kernel for compatibility",
  253: "is the table default",
  254: "is the table main, by which the host itself is routed",
  255: "is the table local",
};

/** Names that iproute2 gives a meaning of its own. */
const RESERVED_NAMES = ["local", "main", "default", "unspec", "all", "cache"];

/** A rule is asked before main, which stands at 32766, and after local, which stands at 0 (ip-rule(8)). */
const LAST_PRIORITY = 32765;

/** Rules of one agent, one after the other. */
const PRIORITIES = 3;

/** Reads the table. */
export function readTable(
  problems: Problems,
  path: string,
  settings: RoutingTableSettings | undefined,
): RoutingTable | undefined {
  if (settings === undefined) {
    problems.add(path, settings, "is missing", "give a table that nothing else uses, such as { id: 200 }");
  }
  if (!isGiven(problems, path, settings)) {
    return undefined;
  }
  const given = readObject(problems, path, settings, ["id", "name"]);
  const id = readRequired(problems, `${path}.id`, given.id, parseTableId);
  const name = read(problems, `${path}.name`, given.name, parseTableName);
  return id === undefined ? undefined : { id, name: name ?? `wr${id}` };
}

function parseTableId(value: unknown): Checked<number> {
  const wayOut = "give an unused one of 1-4294967295, such as 200";
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 0xffffffff) {
    return bad("is not the id of a routing table", wayOut);
  }
  const taken = KERNEL_TABLES[value as number];
  return taken === undefined ? good(value as number) : bad(taken, wayOut);
}

function parseTableName(value: unknown): Checked<string> {
  if (typeof value !== "string" || !/^[A-Za-z][A-Za-z0-9._-]{0,31}$/.test(value)) {
    // iproute2 takes a name of digits for an id.
    return bad("is not the name of a routing table", "1-32 of A-Z a-z 0-9 . _ -, first a letter");
  }
  return RESERVED_NAMES.includes(value) ? bad("is a name of iproute2's own", "choose another name") : good(value);
}

/** Reads the first of an agent's three rule priorities; derived from the table where none is given. */
export function readPriority(problems: Problems, path: string, value: unknown, table: number): number {
  const range = { from: 1, to: LAST_PRIORITY - PRIORITIES + 1, unit: `: three in a row are taken, all before main's` };
  // Ten apart, between the hand-written ones that are usually low and main's 32766.
  return readInteger(problems, path, value, range) ?? 10000 + 10 * (table % 2000);
}

/**
 * Reads the firewall mark of answers, `0x…/0x…`; derived from the table where none is given.
 *
 * The highest byte is what others leave alone by default (github.com/fwmark/registry): Kubernetes has bits 13-15, Tailscale
 * 16-23, Weave 17-18, mwan3 8-13, AWS and firewalld low ones. Calico and Cilium take all high bits: there, give a mark.
 */
export function readMark(problems: Problems, path: string, value: unknown, table: number): string {
  const derived = ((table - 1) % 255) + 1;
  return read(problems, path, value, parseMark) ?? `0x${(derived * 0x1000000).toString(16)}/0xff000000`;
}

function parseMark(value: unknown): Checked<string> {
  const [, mark = "", mask = ""] =
    /^0x([0-9a-fA-F]{1,8})\/0x([0-9a-fA-F]{1,8})$/.exec(typeof value === "string" ? value : "") ?? [];
  if (mark === "") {
    return bad("is not a mark with its mask", "write both in hex, of 32 bits: 0xc8000000/0xff000000");
  }
  const [bits, of] = [BigInt(`0x${mark}`), BigInt(`0x${mask}`)];
  if (bits === 0n) {
    return bad("is the mark 0, which every packet has", "choose a mark with a bit set, such as 0xc8000000/0xff000000");
  }
  if ((bits & of) !== bits) {
    return bad("has bits outside of its mask", `widen the mask: 0x${bits.toString(16)}/0x${(bits | of).toString(16)}`);
  }
  return good(`0x${bits.toString(16)}/0x${of.toString(16)}`);
}
