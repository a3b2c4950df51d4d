import { createHash } from "node:crypto";
import { bad, type Checked, good } from "../net/checked";

/** A public host key. */
export interface HostKey {
  /** `type base64`, without host name and comment. */
  readonly line: string;
  /** The first 16 hex digits of the SHA-256 of the key. */
  readonly identity: string;
}

const TYPES = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "ssh-rsa",
  "sk-ssh-ed25519@openssh.com",
  "sk-ecdsa-sha2-nistp256@openssh.com",
];

/** Reads a host key: one line as in authorized_keys. */
export function parseHostKey(input: unknown): Checked<HostKey> {
  const wayOut = 'give one line "type base64", such as the last two words of what ssh-keyscan prints';
  if (typeof input !== "string") {
    return bad("is not a host key", wayOut);
  }
  const lines = input.trim().split(/\r?\n/);
  if (lines.length !== 1) {
    return bad(`has ${lines.length} lines`, wayOut);
  }
  const [type = "", text = ""] = lines[0]!.split(/[ \t]+/);
  if (!TYPES.includes(type)) {
    return bad(
      TYPES.includes(text) ? "begins with a host name, as in known_hosts" : "does not begin with a key type",
      TYPES.includes(text) ? wayOut : `${wayOut}; types are ${TYPES.slice(0, 5).join(", ")}`,
    );
  }
  const key = Buffer.from(text, "base64");
  if (text === "" || key.toString("base64").replace(/=+$/, "") !== text.replace(/=+$/, "")) {
    return bad("has a second word that is not base64", wayOut);
  }
  if (innerType(key) !== type) {
    return bad(`says ${type}, but the key inside is of another type or cut off`, wayOut);
  }
  return good({ line: `${type} ${text}`, identity: createHash("sha256").update(key).digest("hex").slice(0, 16) });
}

/** The type that the key itself names; undefined when it is cut off. */
function innerType(key: Buffer): string | undefined {
  const fields: Buffer[] = [];
  for (let at = 0; at < key.length; ) {
    const end = at + 4 <= key.length ? at + 4 + key.readUInt32BE(at) : Number.POSITIVE_INFINITY;
    if (end > key.length) {
      return undefined;
    }
    fields.push(key.subarray(at + 4, end));
    at = end;
  }
  return fields.length >= 2 ? fields[0]!.toString("latin1") : undefined;
}
