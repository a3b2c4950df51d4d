import { createHash } from "node:crypto";
import { bad, type Checked, good } from "./checked";

/** Longest name that the kernel takes: IFNAMSIZ is 16 with the byte that ends it. */
const LONGEST = 15;

/** Names that mean something else in /proc/sys/net or to the kernel. */
const RESERVED = new Set(["all", "default", "lo"]);

/** Reads the name of a network interface of the host. */
export function parseInterfaceName(input: unknown): Checked<string> {
  const wayOut = "only A-Z a-z 0-9 . _ - are allowed, first a letter or digit";
  if (typeof input !== "string" || input === "") {
    return bad("is not an interface name", "give a name such as eth0");
  }
  const bytes = Buffer.byteLength(input);
  if (bytes > LONGEST) {
    return bad(`has ${bytes} bytes`, `Linux allows ${LONGEST}: use the kernel's short name, or rename the interface`);
  }
  if (RESERVED.has(input)) {
    return bad("is a reserved name", "give the interface that leads to the LAN, such as eth0");
  }
  if (input.includes("%")) {
    return bad("has %, which the kernel would expand to another name", wayOut);
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(input)) {
    return bad("is not a valid interface name", wayOut);
  }
  const vlan = vlanName(input);
  if (vlan !== undefined && !(vlan.id >= 1 && vlan.id <= 4094)) {
    return bad(`names VLAN ${vlan.id}`, "a VLAN id is 1-4094");
  }
  return good(input);
}

/** The VLAN that a name such as `eth0.215` stands for; Docker makes it when it is not there. */
export function vlanName(name: string): { link: string; id: number } | undefined {
  const found = /^([^.]+)\.([0-9]+)$/.exec(name);
  return found ? { link: found[1]!, id: Number(found[2]) } : undefined;
}

/** A name that fits the kernel and is always the same for the same seed: `prefix` and eight hex digits. */
export function deriveInterfaceName(prefix: string, seed: string): string {
  return prefix + createHash("sha256").update(`interface ${seed}`).digest("hex").slice(0, 8);
}
