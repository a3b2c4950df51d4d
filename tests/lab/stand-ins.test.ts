// The lab's stand-ins for provider plugins are Go: their own unit tests, counted here as one.
import { join } from "node:path";
import { none } from "../check/project";
import { skipMissing } from "../missing";
import { onPath, run } from "./process";

describe("stand-ins for the provider plugins", () => {
  const options = {
    cwd: join(__dirname, "plugins"),
    // As the plugins are built, so that what is compiled already is taken from Go's cache.
    env: { CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false -mod=readonly -trimpath", GOWORK: "off" },
    check: false,
  };

  before(async function () {
    if (!(await onPath("go"))) skipMissing(this, "go (the stand-ins are built from source)");
  });

  it("are formatted (gofmt)", async () => {
    const result = await run("gofmt", ["-l", "."], options);
    none(`${result.stdout}${result.stderr}`.split("\n").filter(Boolean), "`gofmt -w` mends:");
  });

  it("pass their tests (go test)", async () => {
    const result = await run("go", ["test", "./..."], options);
    none(result.code === 0 ? [] : [`${result.stdout}${result.stderr}`], "go test ./...");
  });
});
