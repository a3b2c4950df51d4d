import * as pulumi from "@pulumi/pulumi";
import { BridgeAgent, Host, MacvlanAgent, PipeworkAgent, PolicyRoutedAgent, thousandEyes } from "wirework";

const config = new pulumi.Config();

const host = new Host("probe-host", {
  address: config.require("address"),
  user: config.get("user"),
  hostKey: config.require("hostKey"),
  privateKey: config.requireSecret("privateKey"),
});

const preset = thousandEyes("te-agent", config.get("folder"));
const agent = {
  ...preset,
  host: host.ref,
  image: config.get("image") ?? preset.image,
  environment: { ...preset.environment, TEAGENT_ACCOUNT_TOKEN: config.requireSecret("accountToken") },
};
const parent = config.get("parent") ?? "eth1";
const subnets = [{ subnet: "192.168.9.0/24", gateway: "192.168.9.1" }];
const ipv4Address = "192.168.9.70";

// Whatever the way, it is one agent: a change of the way takes the old container away before the new one comes.
const types = ["BridgeAgent", "MacvlanAgent", "PipeworkAgent", "PolicyRoutedAgent"];
const opts = { aliases: types.map((type) => ({ type: `wirework:index:${type}` })) };

// The ways of the page "Enterprise Agent on Docker Advanced Networking".
const ways = {
  nat: () => new BridgeAgent("te-agent", agent, opts),
  macvlan: () => new MacvlanAgent("te-agent", { ...agent, ownNetwork: { parent, subnets }, ipv4Address }, opts),
  pipework: () => {
    const interfaces = [{ parent, ipv4Address: `${ipv4Address}/24`, gateway: "192.168.9.1" }];
    return new PipeworkAgent("te-agent", { ...agent, interfaces }, opts);
  },
  secondUplink: () => {
    const uplink = { dev: parent, gateway: "192.168.9.1" };
    const ownNetwork = { subnets: [{ subnet: "172.31.7.0/24" }] };
    return new PolicyRoutedAgent(
      "te-agent",
      { ...agent, ownNetwork, uplink, table: { id: 200, name: "wlan0rt" } },
      opts,
    );
  },
};

const made = ways[config.require<keyof typeof ways>("way")]();
export const { containerName, verification } = made;
export const address = made instanceof PipeworkAgent ? ipv4Address : made.ipv4Address;
