import { cpSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { projectFiles, root } from "./project";

/** Copies the package without what was built from it; its node_modules are those of this checkout. */
export function copyPackage(folder: string): void {
  for (const name of projectFiles().filter((each) => !/^(tests|bench|examples)\//.test(each))) {
    cpSync(join(root, name), join(folder, name));
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
}
