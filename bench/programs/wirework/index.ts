import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { Host, MacvlanAgent, MacvlanNetwork } from "wirework";

interface Workload {
  networks: { name: string; parent: string; subnet: string; gateway: string }[];
  containers: { name: string; network: string }[];
  image: string;
}

const config = new pulumi.Config();
const { networks, containers, image } = config.requireObject<Workload>("workload");
const address = config.get("address");
const dockerEndpoint = config.get("endpoint");

// With an address: a host, its facts, and a proof for each agent. Without: Docker's objects only.
const host =
  address === undefined
    ? undefined
    : new Host("host", {
        address,
        hostKey: config.require("hostKey"),
        privateKey: config.requireSecret("privateKey"),
        dockerEndpoint,
      }).ref;
const opts = host ? undefined : { provider: new docker.Provider("engine", { host: dockerEndpoint }) };

const made = new Map(
  networks.map(({ name, parent, subnet, gateway }) => [
    name,
    new MacvlanNetwork(name, { host, parent, subnets: [{ subnet, gateway }] }, opts),
  ]),
);
for (const { name, network } of containers) {
  new MacvlanAgent(name, { host, network: made.get(network)!.ref, image }, opts);
}
