import { bad, type Checked, good } from "./checked";

const LONGEST = 128;

/** Reads a name as Docker takes it for networks, containers and volumes, and the ledger for the parts of an owner. */
export function parseResourceName(input: unknown): Checked<string> {
  const wayOut = "only A-Z a-z 0-9 . _ - are allowed, first a letter or digit";
  if (typeof input !== "string" || input === "") {
    return bad("is not a name", wayOut);
  }
  if (input.length > LONGEST) {
    return bad(`has ${input.length} characters`, `at most ${LONGEST} are allowed`);
  }
  return /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(input) ? good(input) : bad("has a character that is not allowed", wayOut);
}

/** Reads a host name for a container or a server: labels of letters, digits and hyphens, with dots between. */
export function parseHostName(input: unknown): Checked<string> {
  const wayOut = "labels of A-Z a-z 0-9 - with dots between, at most 63 each and 253 in all";
  if (typeof input !== "string" || input.length === 0 || input.length > 253) {
    return bad("is not a host name", wayOut);
  }
  const label = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
  return input.split(".").every((part) => label.test(part)) ? good(input) : bad("is not a host name", wayOut);
}
