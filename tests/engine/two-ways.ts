/** The second way out of the ThousandEyes document, and a link of ours beside it: all that the files of a backend can hold. */
export const program = (persistence: string, last = 1) => `
import { Persistence, PolicyRoutedAgent, SourceNat6 } from "wirework";
new PolicyRoutedAgent("probe", {
  host: host.ref,
  persistence: Persistence.${persistence},
  image,
  ownNetwork: { subnets: [{ subnet: "172.31.7.0/24" }, { subnet: "fd00:31:7::/64" }] },
  uplink: { dev: "eth2", gateway: "192.168.20.${last}", gateway6: "fd00:20::1", sourceNat6: SourceNat6.None },
  table: { id: 200, name: "uplink2" },
});
new MacvlanNetwork("lan", {
  host: host.ref,
  persistence: Persistence.${persistence},
  parent: "eth1",
  subnets: [
    { subnet: "192.168.9.0/24", gateway: "192.168.9.1", ipRange: "192.168.9.64/26" },
    { subnet: "fd00:9::/64", gateway: "fd00:9::1", ipRange: "fd00:9::1000/116" },
  ],
  hostAccess: { linkName: "shim0", address: "192.168.9.2", address6: "fd00:9::2" },
});
`;
