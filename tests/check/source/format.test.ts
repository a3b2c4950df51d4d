import { onPath, run } from "../../lab/process";
import { skipMissing } from "../../missing";
import { none, projectFiles, root } from "../project";

describe("source text", () => {
  it("is formatted and lint-free (Biome)", async () => {
    const biome = [
      "node_modules/@biomejs/biome/bin/biome",
      "check",
      "--error-on-warnings",
      "--max-diagnostics=200",
      ".",
    ];
    const result = await run(process.execPath, biome, { cwd: root, check: false, env: { NO_COLOR: "1" } });
    none(result.code === 0 ? [] : [`${result.stdout}${result.stderr}`], "`npm run format` mends what it can:");
  });

  it("has shell programs that shellcheck accepts", async function () {
    if (!(await onPath("shellcheck"))) skipMissing(this, "shellcheck (Debian package shellcheck)");
    const scripts = projectFiles().filter((name) => name.endsWith(".sh") || name === ".ci/run");
    const result = await run("shellcheck", ["--format=gcc", ...scripts], { cwd: root, check: false });
    none(result.code === 0 ? [] : `${result.stdout}${result.stderr}`.trim().split("\n"), "shellcheck:");
  });
});
