import type { Problems } from "../problems";
import type { LinkFact } from "./facts";
import type { RequireFact } from "./host-state";

/** How a network stands on its parent: what macvlan and ipvlan do not have in common. */
export interface LanMode {
  /** Docker's driver, and the kernel's type of link. */
  readonly driver: "macvlan" | "ipvlan";
  /** Mode of the driver. */
  readonly mode: string;
  /** How agents see each other, where that is not the mode. */
  readonly flag?: LinkFact["flag"];
  /** Whether agents of one parent reach each other, and so the host's own child of it. */
  readonly together: boolean;
  /** Whether the kernel routes to the agents: no frame of a neighbour reaches them. */
  readonly routed: boolean;
  /** Whether the parent is for this network alone. */
  readonly exclusive: boolean;
  /** Whether the parent carries nothing but the agent. */
  readonly takesParent: boolean;
  /** Options of Docker's driver, and the argument that each comes from. */
  readonly options: readonly { readonly key: string; readonly value: string; readonly argument: string }[];
  /** What host and engine must have. */
  readonly requirements: readonly RequireFact[];
  /** What may surprise. */
  readonly warnings: readonly string[];
}

/** A driver that puts containers on a LAN. */
export interface LanDriver {
  /** Component that makes such networks: what an error sends the user to. */
  readonly component: string;
  /** Arguments of its networks beside those of every LAN network. */
  readonly known: readonly string[];
  /** Reads them. */
  read(problems: Problems, at: (argument: string) => string, given: object): LanMode;
  /** Whether agents have MAC addresses of their own. */
  readonly ownMac: boolean;
  /** The driver's name in Docker. */
  readonly name: LanMode["driver"];
}
