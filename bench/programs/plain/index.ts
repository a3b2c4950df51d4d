import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";

interface Workload {
  networks: { name: string; parent: string; subnet: string; gateway: string }[];
  containers: { name: string; network: string }[];
  image: string;
}

const config = new pulumi.Config();
const { networks, containers, image } = config.requireObject<Workload>("workload");
const provider = new docker.Provider("engine", { host: config.require("endpoint") });

const made = new Map(
  networks.map(({ name, parent, subnet, gateway }) => [
    name,
    new docker.Network(
      name,
      { name, driver: "macvlan", options: { parent }, ipamConfigs: [{ subnet, gateway }] },
      { provider },
    ),
  ]),
);
for (const { name, network } of containers) {
  new docker.Container(
    name,
    { name, image, restart: "unless-stopped", networksAdvanced: [{ name: made.get(network)!.name }] },
    { provider },
  );
}
