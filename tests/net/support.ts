import { type Address, parseAddress } from "../../lib/net/address";
import { parseAddressRange } from "../../lib/net/address-range";
import type { Checked } from "../../lib/net/checked";
import { type Prefix, parsePrefix } from "../../lib/net/prefix";
import type { AddressRange } from "../../lib/net/range";

/** An address that the test knows to be right. */
export function address(text: string): Address {
  return must(parseAddress(text));
}

/** A prefix that the test knows to be right. */
export function prefix(text: string): Prefix {
  return must(parsePrefix(text));
}

/** A range that the test knows to be right. */
export function range(text: string): AddressRange {
  return must(parseAddressRange(text));
}

function must<T>(checked: Checked<T>): T {
  if (checked.fault) {
    throw new Error(`the test gives a value that is refused: ${checked.fault.rule}`);
  }
  return checked.value;
}
