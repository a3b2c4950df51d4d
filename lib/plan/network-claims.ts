import { addressText } from "../net/address";
import { prefixText } from "../net/prefix";
import { claimOf, dockerScope, linkScope, type PlanContext } from "./context";
import type { Claim } from "./inventory";
import type { NetworkFacts } from "./network-facts";
import { memberPath } from "./read";
import { reservedTexts, type Subnet } from "./subnets";

/** What only one network may have: name and addresses on the engine, and its parent where it takes that over. */
export function networkClaims(
  context: PlanContext,
  at: (argument: "networkName" | "parent") => string,
  { name, parent, exclusive }: Pick<NetworkFacts, "name" | "parent"> & { readonly exclusive?: boolean },
  subnets: readonly Subnet[],
): Claim[] {
  const docker = dockerScope(context);
  const claim = (scope: string, kind: Claim["kind"], value: string, property: string, shared = false) =>
    claimOf(context, { scope, kind, value, property, shared });
  const link = linkScope(context, { name, parent });
  return [
    claim(docker, "network", name, at("networkName")),
    ...(parent === undefined ? [] : [claim(link, "parent", parent, at("parent"), !exclusive)]),
    ...subnets.flatMap(({ path, prefix, ipRange, gateway, reserved }) => [
      claim(docker, "subnet", prefixText(prefix), `${path}.subnet`),
      claim(docker, "range", prefixText(ipRange ?? prefix), ipRange ? `${path}.ipRange` : `${path}.subnet`),
      // Several networks may know the same router or printer; no agent may be it.
      ...(gateway ? [claim(link, "address", addressText(gateway), `${path}.gateway`, true)] : []),
      ...Object.entries(reservedTexts(reserved)).map(([key, address]) =>
        claim(link, "address", address, memberPath(`${path}.reserved`, key), true),
      ),
    ]),
  ];
}
