import { bad, type Checked, good } from "./checked";

/** Reads a count per time, as nft(8) writes a limit: `"20/second"`. */
export function parseRate(input: unknown): Checked<string> {
  const shape = /^[1-9][0-9]{0,5}\/(second|minute|hour|day)$/;
  return typeof input === "string" && shape.test(input)
    ? good(input)
    : bad("is no rate", 'give a count up to 999999 and a time: "20/second", "100/minute", "500/hour", "1000/day"');
}
