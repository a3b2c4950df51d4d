import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { withoutTraces } from "../host/traces";
import { after, type Planned, pick } from "../lift";
import type { DockerNetworkPlan } from "../plan/docker-network";
import type { ComponentContext } from "./context";

/** Docker's network of a component, made after the component's facts are on the host. */
export function newDockerNetwork(
  context: ComponentContext,
  plan: Planned<{ readonly networkName: string; readonly docker: DockerNetworkPlan }>,
  parent: pulumi.Resource,
  facts?: pulumi.CustomResource,
): docker.Network {
  const argument = <K extends keyof DockerNetworkPlan>(key: K) => pick(plan, (planned) => planned.docker[key]);
  return withoutTraces(
    () =>
      new docker.Network(
        `${context.name}-network`,
        {
          name: pick(plan, ({ networkName }) => networkName),
          driver: argument("driver"),
          options: argument("options"),
          ipv6: argument("ipv6"),
          internal: argument("internal"),
          ipamConfigs: pick(plan, ({ docker: { ipamConfigs } }) => [...ipamConfigs]),
          // Bound to what the host carries for it: a network must go before the links and the helper beneath it do, and
          // dependsOn alone does not order the two halves of a replacement.
          labels: after(
            facts?.id ?? context.link?.ready,
            pick(plan, ({ docker: { labels } }) => [...labels]),
          ),
        },
        // A network's name and subnet can be held by one network only: the old one must be gone before the new one comes.
        { parent, deleteBeforeReplace: true, dependsOn: facts },
      ),
  );
}
