import { strict as assert } from "node:assert";
import { type ContainerSettings, checkContainer } from "../../lib/plan/container";
import { contextOf, problemsOf } from "./support";

function problems(settings: unknown) {
  return problemsOf(() => checkContainer(contextOf("BridgeAgent", "probe"), settings as ContainerSettings));
}

describe("container arguments", () => {
  it("that are right are left alone", () => {
    const settings: ContainerSettings = {
      image: "registry.example.net:5000/team/probe@sha256:0123456789abcdef",
      containerName: "probe-1",
      command: ["/opt/elecard/boro/dev/run", ""],
      hostname: "probe-1.example.net",
      environment: { TEAGENT_ACCOUNT_TOKEN: { secret: true }, PATH: "/bin" },
      restart: "unless-stopped",
      memoryMiB: 2048,
      memorySwapMiB: -1,
      addCapabilities: ["NET_ADMIN", "ALL"],
      volumes: [
        { hostPath: "/srv/agent", containerPath: "/var/log/agent" },
        { volumeName: "agent-lib", containerPath: "/var/lib/te-agent/", readOnly: true },
      ],
      tmpfs: { "/run": "size=1m" },
      devices: [{ hostPath: "/dev/net/tun", permissions: "rwm" }],
      ulimits: [{ name: "nofile", soft: 1024, hard: 4096 }],
      dns: ["192.168.9.1", "fd00:9::1"],
      hosts: [
        { host: "db", ip: "10.0.0.1" },
        { host: "outside", ip: "host-gateway" },
      ],
      sysctls: { "net.ipv4.ip_forward": "0" },
      labels: { "example.net/role": "probe" },
      stopTimeoutSeconds: 0,
    };
    assert.deepEqual(problems(settings), []);
  });

  const table: [settings: unknown, property: string, rule: RegExp][] = [
    [{ image: "" }, "image", /is not an image/],
    [{ image: "a b" }, "image", /is not an image/],
    [{ image: null }, "image", /is null/],
    [{ containerName: "-probe" }, "containerName", /not allowed/],
    [{ hostname: "probe_1" }, "hostname", /is not a host name/],
    [{ restart: "unless_stopped" }, "restart", /not one of the values/],
    [{ memoryMiB: 0 }, "memoryMiB", /whole number of 6-/],
    [{ memoryMiB: 1.5 }, "memoryMiB", /whole number/],
    [{ memoryMiB: Number.NaN }, "memoryMiB", /whole number/],
    [{ memoryMiB: "2g" }, "memoryMiB", /whole number/],
    [{ memoryMiB: 512, memorySwapMiB: 256 }, "memorySwapMiB", /less than memoryMiB 512/],
    [{ memorySwapMiB: 256 }, "memorySwapMiB", /needs memoryMiB/],
    [{ cpuShares: 1 }, "cpuShares", /whole number/],
    [{ stopTimeoutSeconds: -1 }, "stopTimeoutSeconds", /whole number/],
    [{ workingDirectory: "srv" }, "workingDirectory", /absolute path/],
    [{ command: "run it" }, "command", /is not a list/],
    [{ command: ["run", 7] }, "command[1]", /is not a text/],
    [{ addCapabilities: ["net_admin"] }, "addCapabilities[0]", /is not a capability/],
    [{ volumes: [{ hostPath: "/srv" }] }, "volumes[0].containerPath", /is missing/],
    [{ volumes: [{ containerPath: "srv", hostPath: "/srv" }] }, "volumes[0].containerPath", /absolute path/],
    [{ volumes: [{ containerPath: "/srv", hostPath: "./srv" }] }, "volumes[0].hostPath", /absolute path/],
    [{ volumes: [{ containerPath: "/srv", hostPath: "/srv/../etc" }] }, "volumes[0].hostPath", /plain path/],
    [{ volumes: [{ containerPath: "/", hostPath: "/srv" }] }, "volumes[0].containerPath", /root of the container/],
    [
      { volumes: [{ containerPath: "/srv", hostPath: "/srv", volumeName: "x" }] },
      "volumes[0]",
      /hostPath and volumeName/,
    ],
    [
      {
        volumes: [
          { containerPath: "/srv", hostPath: "/a" },
          { containerPath: "/srv/", hostPath: "/b" },
        ],
      },
      "volumes[1].containerPath",
      /is the place of volumes\[0\]\.containerPath too/,
    ],
    [
      { volumes: [{ containerPath: "/run", hostPath: "/a" }], tmpfs: { "/run": "" } },
      'tmpfs["/run"]',
      /is the place of/,
    ],
    [{ volumes: [{ containerPath: "/a", hostpath: "/a" }] }, "volumes[0].hostpath", /is not an argument/],
    [{ tmpfs: { run: "" } }, "tmpfs", /absolute path/],
    [{ devices: [{}] }, "devices[0].hostPath", /is missing/],
    [{ devices: [{ hostPath: "/dev/x", permissions: "rx" }] }, "devices[0].permissions", /permissions/],
    [{ devices: [{ hostPath: "/dev/x", permissions: "rr" }] }, "devices[0].permissions", /permissions/],
    [{ ulimits: [{ name: "NOFILE", soft: 1, hard: 1 }] }, "ulimits[0].name", /is no limit/],
    [{ ulimits: [{ name: "nofile", soft: 9, hard: 1 }] }, "ulimits[0].soft", /above the hard limit/],
    [{ dns: ["dns.example.net"] }, "dns[0]", /is not an address/],
    [{ hosts: [{ host: "db" }] }, "hosts[0].ip", /is missing/],
    [{ hosts: [{ host: "d b", ip: "10.0.0.1" }] }, "hosts[0].host", /is not a host name/],
    [{ environment: { "A=B": "x" } }, "environment", /name that is not the name of a variable/],
    [{ sysctls: { "vm.swappiness": "1" } }, "sysctls", /no setting of a container/],
    [{ labels: { "wirework.owner": "x" } }, "labels", /prefix of wirework's own/],
    [{ memory: 64 }, "memory", /is not an argument/],
  ];
  for (const [settings, property, rule] of table) {
    it(`${JSON.stringify(settings).slice(0, 100)} are refused: ${rule.source}`, () => {
      const found = problems(settings);
      assert.ok(
        found.some((one) => one.property === property && rule.test(one.rule)),
        `found ${JSON.stringify(found)}`,
      );
    });
  }

  it("with values that may be secret are named without them", () => {
    const secret = "hunter2-canary";
    try {
      checkContainer(contextOf("BridgeAgent", "probe"), {
        environment: { "A B": secret },
        passwrd: secret,
        labels: [`token=${secret}`],
      } as unknown as ContainerSettings);
      assert.fail("accepted");
    } catch (error) {
      assert.match((error as Error).message, /3 problems/);
      assert.doesNotMatch(JSON.stringify([(error as Error).message, error]), /canary/);
    }
  });
});
