import { parseResourceName } from "../net/resource-name";
import { type Problem, Problems } from "../problems";
import type { Claim } from "./inventory";
import { Persistence } from "./persistence";
import { readChoice } from "./read";

/** For whom a plan is made: what arguments alone do not tell. */
export interface PlanContext {
  /** Class of the component, as errors name it: `MacvlanAgent`. */
  readonly component: string;
  /** Name of the component. */
  readonly name: string;
  /** Pulumi project. */
  readonly project: string;
  /** Pulumi stack, without organisation. */
  readonly stack: string;
  /** Identity of the host; absent when the component has none and so changes nothing but Docker. */
  readonly hostIdentity?: string;
  /** Address over which the host is managed: what a published port must not catch. */
  readonly managementAddress?: string;
  /** TCP port over which the host is managed. */
  readonly managementPort?: number;
  /** Who shall bring the facts back at boot, as the user or the host says; the host's own init when absent. */
  readonly persistence?: Persistence;
  /** Problems that the caller has found already; they come first in the one error. */
  readonly found?: readonly Problem[];
}

/**
 * Whose facts and Docker objects these are: `project/stack/Component.name`. The class belongs to it, because a network
 * and an agent may bear one name.
 */
export function ownerOf({ component, name, project, stack }: Omit<PlanContext, "hostIdentity">): string {
  return `${project}/${stack}/${component}.${name}`;
}

/** Starts the list of problems of one component, with those of its own name. */
export function startProblems(context: PlanContext): Problems {
  const problems = new Problems(context.component, context.name);
  problems.addAll(context.found ?? []);
  for (const part of ["project", "stack", "name"] as const) {
    // They stand in the ledger's path on the host, so they may hold nothing that means something there.
    const { fault } = parseResourceName(context[part]);
    if (fault) {
      problems.add(part === "name" ? "name" : `${part} name`, context[part], fault.rule, fault.wayOut);
    }
  }
  const persistence = readChoice(problems, "persistence", context.persistence, Object.values(Persistence));
  if (persistence !== undefined && context.hostIdentity === undefined) {
    problems.add(
      "persistence",
      persistence,
      "is about facts of a host, and none is given",
      "give host, or leave it out",
    );
  }
  return problems;
}

/** Notes that a component which is nothing without a host has none. */
export function requireHost(problems: Problems, { hostIdentity }: PlanContext, wayOut: string): void {
  if (hostIdentity === undefined) {
    problems.add("host", undefined, "is missing", wayOut);
  }
}

/** Within what names of Docker objects are unique: one engine. */
export function dockerScope({ hostIdentity }: PlanContext): string {
  return hostIdentity === undefined ? "the default Docker engine" : `docker ${hostIdentity}`;
}

/** Within what names of interfaces are unique: one host. */
export function hostScope({ hostIdentity }: PlanContext): string {
  return hostIdentity === undefined ? "the host of the default Docker engine" : `host ${hostIdentity}`;
}

/** Within what addresses and MACs are unique: the link that a network leads to, or the network itself when it leads nowhere. */
export function linkScope(context: PlanContext, network: { name: string; parent?: string }): string {
  return network.parent === undefined
    ? `${dockerScope(context)} network ${network.name}`
    : `${hostScope(context)} link ${network.parent}`;
}

/** What the component of a plan claims; `shared` where others may claim the same. */
export function claimOf(
  { component, name }: Pick<PlanContext, "component" | "name">,
  { shared = false, ...claimed }: Omit<Claim, "component" | "name">,
): Claim {
  return { ...claimed, component, name, ...(shared && { shared }) };
}
