// Makes the tree of a host that OpenRC boots, which only the phase that boots one needs.
import { NetworkManager } from "../lab/host-network";
import { step } from "../lab/process";
import { lightTree } from "../lab/trees";

step("tree of a lab host with OpenRC", () => lightTree("12", NetworkManager.openrc)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
