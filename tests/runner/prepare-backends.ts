// Makes the trees of hosts that systemd does not boot, which only the phase that boots them needs.

import { type OtherInit, otherInits } from "../lab/other-inits";
import { step } from "../lab/process";
import { lightTree } from "../lab/trees";

async function prepare(): Promise<void> {
  for (const init of Object.keys(otherInits) as OtherInit[]) {
    await step(`tree of a lab host with ${init}`, () => lightTree("12", init));
  }
}

prepare().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
