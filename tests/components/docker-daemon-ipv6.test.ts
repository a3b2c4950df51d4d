import { strict as assert } from "node:assert";
import { DaemonRestart, DockerDaemonIpv6, Host } from "../../lib";
import { children, hostKey, privateKey, registered } from "./support";

describe("DockerDaemonIpv6", () => {
  it("asks first what stands in the way, and then makes facts", async () => {
    const found = await registered(() => {
      const host = new Host("edge", { address: "192.0.2.10", hostKey, privateKey, identity: "edge" });
      new DockerDaemonIpv6("ipv6", { host: host.ref, fixedCidrV6: "fd00::/64", restart: DaemonRestart.Allow });
    });
    assert.deepEqual(
      children(found).filter((line) => !/edge/.test(line)),
      [
        "wirework:index:DockerDaemonIpv6 ipv6",
        "command:remote:Command ipv6-facts",
        "command:remote:Command ipv6-stage",
      ],
    );
    for (const name of ["ipv6-facts", "ipv6-stage"]) {
      const lines = String(found.find((one) => one.name === name)?.inputs.stdin).split("\n");
      assert.deepEqual(lines.slice(3, 6), [
        "allow docker-restart",
        'daemon fixed-cidr-v6 "fd00::/64"',
        "daemon ipv6 true",
      ]);
    }
  });
});
