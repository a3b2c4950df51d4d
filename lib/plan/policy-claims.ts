import type { Family } from "../net/address";
import { claimOf, hostScope, type PlanContext } from "./context";
import type { Claim } from "./inventory";
import { Fallback, familiesOf, type Policy } from "./policy-facts";
import { gatewayText, leads } from "./uplink";

/** Table, name, priorities and mark belong to one table; a bridge has one way out. */
export function policyClaims(
  context: PlanContext,
  { network, uplink, table, priority, mark, fallback }: Policy,
): Claim[] {
  const scope = hostScope(context);
  const claim = (kind: Claim["kind"], value: string, property: string) =>
    claimOf(context, { scope, kind, value, property });
  const ways = ([4, 6] as const).flatMap((family) => {
    const gateway = uplink.gateways.get(family);
    return gateway === undefined ? [] : [`via ${gatewayText(gateway)}`];
  });
  const way = [...ways, `dev ${uplink.dev}`].join(" ");
  const use = `table ${table.id}`;
  return [
    claim("table", `${table.id} name ${table.name} ${way} fallback ${fallback}`, "table"),
    claim("table name", `${table.name} ${use}`, "table.name"),
    ...[0, 1, 2].map((step) => claim("priority", `${priority + step} ${use}`, "priority")),
    ...(mark === undefined ? [] : [claim("mark", `${mark} ${use}`, "mark")]),
    network.own
      ? claim("interface", network.bridge!, "ownNetwork.bridgeName")
      : claim("bridge", `${network.bridge} ${use}`, "existingNetwork"),
  ];
}

/** What may surprise. */
export function policyWarnings({ network, uplink, mark, fallback }: Policy): string[] {
  const dead: Family[] = network.own ? familiesOf(network).filter((family) => !leads(uplink, family)) : [];
  const end = fallback === Fallback.None ? "leads nowhere" : "leaves by the main uplink";
  const answers = mark === undefined ? ", answers of their published ports too" : "";
  const shared = `every container on ${network.bridge} leaves by ${uplink.dev} now${answers}`;
  return [
    ...dead.map((family) => `uplink has no ${family === 6 ? "gateway6" : "gateway"}: IPv${family} of the agent ${end}`),
    ...(network.own ? [] : [shared]),
  ];
}
