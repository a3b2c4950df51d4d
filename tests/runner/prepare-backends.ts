// Makes the trees and disks of the hosts that only tests/backends boots.

import { hosts } from "../backends/table";
import { fullDisk } from "../lab/disks";
import { step } from "../lab/process";
import { lightTree } from "../lab/trees";

async function prepare(): Promise<void> {
  for (const [name, { debian, manager }] of Object.entries(hosts)) {
    await step(`tree of a lab host: ${name}`, async () => {
      await (debian === "testing" ? fullDisk(debian, manager) : lightTree(debian, manager));
    });
  }
}

prepare().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
