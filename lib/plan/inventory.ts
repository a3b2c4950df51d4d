import type { Problem } from "../problems";

/** Something that only one component may have. */
export interface Claim {
  /** Within what it is unique: `host <id> link eth0`, `host <id>`, `docker <id>`. */
  readonly scope: string;
  /** What sort of thing it is; compared with claims of the same sort only. */
  readonly kind: "address" | "mac" | "subnet" | "range" | "interface" | "parent" | "network" | "container" | "port";
  /** The thing, canonical. */
  readonly value: string;
  /** Class of the component that claims it. */
  readonly component: string;
  /** Name of that component. */
  readonly name: string;
  /** Argument that led to the claim. */
  readonly property: string;
  /** Whether others may claim it too, as long as they all say so: a gateway that two networks name. */
  readonly shared?: boolean;
}

/** What the components of one program have claimed. */
export class Inventory {
  readonly #claims = new Map<string, readonly Claim[]>();

  /** Records what a component claims, in place of what it claimed before, and says what collides with others. */
  add(urnKey: string, claims: readonly Claim[]): Problem[] {
    this.#claims.set(urnKey, claims);
    return [];
  }
}
