import { bad, type Checked, good } from "../net/checked";

const BEGIN = /^-----BEGIN ((?:OPENSSH |RSA |EC |DSA |ENCRYPTED )?PRIVATE KEY)-----\r?\n/;

/** Reads a private key, PEM or OpenSSH text. What is said of it never holds any of it. */
export function parsePrivateKey(input: unknown, passwordGiven: boolean): Checked<string> {
  const wayOut = "give the text of a private key file, from its BEGIN line to its END line";
  if (typeof input !== "string" || input === "") {
    return bad("is not a private key", wayOut);
  }
  const text = input.trim();
  const begin = BEGIN.exec(text);
  if (begin === null) {
    return bad(
      /^(ssh|ecdsa|sk)-/.test(text) ? "is a public key" : "is not a private key in PEM or OpenSSH form",
      wayOut,
    );
  }
  if (!text.endsWith(`-----END ${begin[1]}-----`)) {
    return bad("is cut off: its END line is missing", wayOut);
  }
  const body = text.slice(begin[0].length, text.lastIndexOf("-----END"));
  if (!passwordGiven && isEncrypted(begin[1]!, body)) {
    return bad("is encrypted", "give privateKeyPassword, or a key without a password");
  }
  return good(`${text}\n`);
}

function isEncrypted(kind: string, body: string): boolean {
  if (kind !== "OPENSSH PRIVATE KEY") {
    return kind.startsWith("ENCRYPTED") || body.includes("Proc-Type: 4,ENCRYPTED");
  }
  // openssh-key-v1, a zero byte, then the cipher's name with its length in front.
  const bytes = Buffer.from(body, "base64");
  const at = "openssh-key-v1".length + 1;
  return bytes.length > at + 8 && bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at)).toString("latin1") !== "none";
}
