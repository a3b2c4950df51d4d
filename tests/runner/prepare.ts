// Makes what the lab needs and a registry has: packages of the machine, engine, plugins, trees of hosts, images.
// Runs outside the lab's namespaces; within them there is no way to a registry.
import { NetworkManager } from "../lab/host-network";
import { prepareImages } from "../lab/images";
import { prepareMachine } from "../lab/packages";
import { step } from "../lab/process";
import { prepareToolchain } from "../lab/toolchain";
import { lightTree } from "../lab/trees";

/** Prepares the machine for one light host and the engine, as `npm start` needs it; what is there already takes no time. */
export async function prepare(): Promise<void> {
  await prepareMachine();
  const toolchain = await step("engine and plugins", prepareToolchain);
  console.log(`engine ${toolchain.engineVersion} (${toolchain.engineSource})`);
  for (const [name, source] of Object.entries(toolchain.plugins)) console.log(`plugin ${name} (${source})`);
  await step("tree of a lab host", () => lightTree("13"));
  await step("images of agents", prepareImages);
}

/** The same for all that the tests boot. */
export async function prepareTests(): Promise<void> {
  await prepare();
  await step("tree of an older lab host", () => lightTree("12"));
  await step("tree of a lab host with the newest Docker", () => lightTree("13t"));
  await step("tree of a lab host with NetworkManager", () => lightTree("12", NetworkManager.networkManager));
  await step("tree of a lab host with netplan", () => lightTree("13", NetworkManager.netplan));
}

if (require.main === module) {
  prepareTests().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
