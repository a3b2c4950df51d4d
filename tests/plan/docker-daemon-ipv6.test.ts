import { strict as assert } from "node:assert";
import { type DockerDaemonIpv6Settings, planDockerDaemonIpv6 } from "../../lib/plan/docker-daemon-ipv6";
import { contextOf, factLines, rulesOf } from "./support";

const plan = (settings: object, context = {}) =>
  planDockerDaemonIpv6(contextOf("DockerDaemonIpv6", "ipv6", context), settings as DockerDaemonIpv6Settings);

describe("IPv6 of Docker itself", () => {
  it("comes to a fact for each key, canonical, and to a permission only where it is given", () => {
    const pools = [
      { base: "172.30.0.0/16", size: 24 },
      { base: "FD00:172::/48", size: 64 },
    ];
    const full = {
      fixedCidrV6: "fc00:172:17:0:0::/64",
      ip6tables: true,
      experimental: true,
      defaultAddressPools: pools,
      restart: "allow",
    };
    const lines = [
      "allow docker-restart",
      'daemon default-address-pools [{"base":"172.30.0.0/16","size":24},{"base":"fd00:172::/48","size":64}]',
      "daemon experimental true",
      'daemon fixed-cidr-v6 "fc00:172:17::/64"',
      "daemon ip6tables true",
      "daemon ipv6 true",
    ];
    assert.deepEqual(factLines(plan(full).hostState), lines);
    assert.deepEqual(factLines(plan({ ip6tables: false }).hostState), ["daemon ip6tables false", "daemon ipv6 true"]);
  });

  it("is refused with all that is wrong at once", () => {
    assert.deepEqual(
      rulesOf(() =>
        plan(
          {
            fixedCidrV6: "::ffff:10.2.4.0/120",
            ip6tables: "yes",
            restart: "always",
            fixedCidr: "x",
            defaultAddressPools: [
              { base: "172.30.0.0/16", size: 8 },
              { base: "172.30.4.0/24", size: 31 },
              { base: "fd00::/32", size: 64 },
              { base: "fd01::/64" },
            ],
          },
          { hostIdentity: undefined },
        ),
      ).map((rule) => rule.slice(0, 70)),
      [
        "fixedCidr: is not an argument",
        "host: is missing",
        "fixedCidrV6: begins or ends with an IPv4-mapped IPv6 address",
        "ip6tables: is not a switch",
        "defaultAddressPools[0].size: is shorter than base 172.30.0.0/16",
        "defaultAddressPools[1].size: leaves a network no address",
        "defaultAddressPools[2].size: cuts base into 2^32 networks, which engin",
        "defaultAddressPools[3].size: is missing",
        "defaultAddressPools[1].base: overlaps defaultAddressPools[0].base, 172",
        "restart: is not one of the values",
      ],
    );
    for (const [settings, rule] of [
      [{ fixedCidrV6: "fd00::/127" }, /no room for the bridge/],
      [{ fixedCidrV6: "fe80::/64" }, /clashes with the link-local prefix/],
      [{ fixedCidrV6: "fd00::1/64" }, /bits set behind/],
      [{ defaultAddressPools: [] }, /could make no network/],
    ] as const) {
      assert.match(rulesOf(() => plan(settings))[0]!, rule);
    }
  });
});
