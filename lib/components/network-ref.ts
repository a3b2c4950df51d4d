import * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../lift";
import type { NetworkFacts } from "../plan/network-facts";

/** What an agent must know of the network that it joins: plain fields. Written `network.ref`. */
export interface NetworkRef {
  /** Id of the Docker network: an agent on it is replaced when the network is. */
  id: string;
  /** What the agent's plan must know of it. */
  facts: NetworkFacts;
}

/** The two parts of a {@link NetworkRef}, apart: the facts are known at preview, the id only once the network is there. */
export interface NetworkLink {
  readonly id: pulumi.Input<string>;
  readonly facts: pulumi.Input<NetworkFacts>;
}

const links = new WeakMap<object, NetworkLink>();

/** Makes the reference to a network, and remembers its parts for the components of this program. */
export function networkRef(link: NetworkLink): pulumi.Output<NetworkRef> {
  const ref = pulumi.output({ id: link.id, facts: link.facts }) as pulumi.Output<NetworkRef>;
  links.set(ref, link);
  return ref;
}

/** The parts of a network, from its reference. */
export function networkLink(ref: pulumi.Input<NetworkRef>): NetworkLink {
  return (
    links.get(ref as object) ?? {
      id: mapInput(ref, (value) => value.id),
      facts: mapInput(ref, (value) => value.facts as NetworkFacts),
    }
  );
}
