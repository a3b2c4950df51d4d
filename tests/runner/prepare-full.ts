// Makes the disk of a full host, which only the phase that boots one needs.
import { fullDisk } from "../lab/disks";
import { step } from "../lab/process";

step("disk of a full host", () => fullDisk("testing")).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
