import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { newHostChange, newQuestion } from "../host/host-change";
import { type HostLink, type HostRef, hostLink } from "../host/host-ref";
import { mapInput, type Planned, pick } from "../lift";
import { ownerOf, type PlanContext } from "../plan/context";
import { factText, type HostState } from "../plan/host-state";
import { type Claim, Inventory } from "../plan/inventory";
import type { Persistence } from "../plan/persistence";
import { type Problem, Problems } from "../problems";
import { render } from "../render";

type HostPart = "hostIdentity" | "managementAddress" | "managementPort" | "persistence";

/** What a component's children are made in. */
export interface ComponentContext {
  /** Name of the component: the first part of each child's name. */
  readonly name: string;
  /** See {@link ownerOf}. */
  readonly owner: string;
  /** The host, where one is given. */
  readonly link?: HostLink;
  /** What the plan must know of all this; what is said of the host may be an Output. */
  readonly plan: Omit<PlanContext, HostPart> & {
    readonly hostIdentity?: pulumi.Input<string>;
    readonly managementAddress?: pulumi.Input<string>;
    readonly managementPort?: pulumi.Input<number>;
    readonly persistence?: pulumi.Input<Persistence>;
  };
}

/** Gathers what a component needs before it plans; who brings its facts back it says itself, or its host does. */
export function componentContext(
  component: string,
  name: string,
  host?: pulumi.Input<HostRef>,
  persistence?: pulumi.Input<Persistence>,
): ComponentContext {
  const link = host === undefined ? undefined : hostLink(host);
  const ofHost = link && {
    hostIdentity: link.identity,
    managementAddress: link.management.address,
    managementPort: link.management.port,
  };
  const backend = persistence ?? link?.persistence;
  const said = backend === undefined ? {} : { persistence: backend };
  const plan = { component, name, project: pulumi.getProject(), stack: pulumi.getStack(), ...ofHost, ...said };
  return { name, owner: ownerOf({ component, name, project: plan.project, stack: plan.stack }), link, plan };
}

/** Options of a component whose Docker objects go to the engine of `host`, unless the user names a provider. */
export function withHostProvider(
  opts: pulumi.ComponentResourceOptions | undefined,
  host: pulumi.Input<HostRef> | undefined,
): pulumi.ComponentResourceOptions | undefined {
  const provider = host === undefined ? undefined : hostLink(host).provider;
  const given = opts?.providers ?? [];
  const named = [...(opts?.provider ? [opts.provider] : []), ...(Array.isArray(given) ? given : Object.values(given))];
  if (provider === undefined || named.some((one) => docker.Provider.isInstance(one))) {
    return opts;
  }
  const { provider: single, ...rest } = opts ?? {};
  return { ...rest, providers: [...named.filter((one) => one !== single), ...(single ? [single] : []), provider] };
}

/**
 * The facts of a component, a line each, as an input of the component itself: a preview cuts the text of a Command that
 * is yet to be made after a few words, but shows a list whole.
 */
export function factLines(context: ComponentContext, plan: Planned<{ readonly hostState: HostState }>) {
  return context.link && pick(plan, ({ hostState }) => hostState.facts.map(factText));
}

/** The facts of a component, where it has a host and any fact: before all of its Docker objects. */
export function newFacts(
  context: ComponentContext,
  plan: Planned<{ readonly hostState: HostState; readonly links?: string }>,
  opts: pulumi.CustomResourceOptions,
) {
  const { link, owner } = context;
  if (link === undefined || plan.known?.hostState.facts.length === 0) {
    return undefined;
  }
  const state = pick(plan, ({ hostState }) => hostState);
  const links = pick(plan, (planned) => planned.links);
  return newHostChange(`${context.name}-facts`, { link, owner, state, links }, opts);
}

/** The proof of what a plan says of a container, where it has a host and anything to prove: what was proved, a line each. */
export function newVerification(
  { name, owner, link }: ComponentContext,
  plan: Planned<{ readonly verify: readonly string[] }>,
  container: pulumi.Input<string>,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  if (link === undefined || plan.known?.verify.length === 0) {
    return pulumi.output("not verified");
  }
  const verify = pick(plan, ({ verify }) => [...verify]);
  const lines = mapInput({ container, verify }, ({ container, verify }) => [`container ${container}`, ...verify]);
  return pulumi.unsecret(newQuestion(`${name}-verify`, { link, owner, verb: "verify", lines }, { parent }).stdout);
}

/**
 * Whether somebody on a LAN has an agent's fixed addresses, where it has a host and any: asked when they change, and, of a network
 * of others, once it is there.
 */
export function newProbe(
  { name, owner, link }: ComponentContext,
  plan: Planned<{ readonly probe: readonly string[] }>,
  network: pulumi.Input<string> | undefined,
  opts: pulumi.CustomResourceOptions,
) {
  if (link === undefined || plan.known?.probe.length === 0) {
    return undefined;
  }
  const probe = pick(plan, ({ probe }) => [...probe]);
  const lines = network === undefined ? probe : mapInput({ probe, network }, ({ probe }) => probe);
  return newQuestion(`${name}-probe`, { link, owner, verb: "prove", lines }, opts);
}

/** What the LANs said, a line each. */
export function probeOutput(probe: ReturnType<typeof newProbe>): pulumi.Output<string> {
  return probe === undefined ? pulumi.output("not probed") : pulumi.unsecret(probe.stdout);
}

// Everything that is planned in one program meets here. Keyed by the engine's connection: programs that run in one
// process, one after the other or side by side, must not see each other.
const inventories = new WeakMap<object, Inventory>();
const withoutEngine = {};

function inventory(): Inventory {
  const engine = pulumi.runtime.getMonitor() ?? withoutEngine;
  const found = inventories.get(engine) ?? new Inventory();
  inventories.set(engine, found);
  return found;
}

type Named = Pick<PlanContext, "component" | "name">;

/** Throws where there is a problem, and says what may surprise. */
function report({ component, name }: Named, found: readonly Problem[], warnings: readonly string[]): void {
  const problems = new Problems(component, name);
  problems.addAll(found);
  problems.throwIfAny();
  for (const warning of warnings) {
    pulumi.log.warn(`${component} "${name}": ${warning}`);
  }
}

/** Enters what a plan claims for itself, and says what may surprise; throws when another component claims the same. */
export function enterClaims(
  context: Named,
  plan: { readonly claims: readonly Claim[]; readonly warnings: readonly string[] },
  found: readonly Problem[] = [],
): void {
  const rivals = inventory().add(`${context.component} ${context.name}`, [...plan.claims]);
  report(context, [...rivals, ...found], plan.warnings);
}

/**
 * The same, and adds to the facts of the plan what brings them back at boot; throws too when nobody can bring them back as it
 * is told to.
 */
export function withClaims<P extends { claims: readonly Claim[]; warnings: readonly string[]; hostState: HostState }>(
  context: PlanContext,
  plan: P,
): P {
  const { hostState, problems, warnings } = render(ownerOf(context), context.persistence ?? "unit", plan.hostState);
  enterClaims(context, { claims: plan.claims, warnings: [...plan.warnings, ...warnings] }, problems);
  return { ...plan, hostState };
}

/** Adds to facts of an owner what brings them back at boot. */
export function withFiles<P extends { hostState: HostState }>(context: PlanContext, plan: P, owner: string): P {
  const { hostState, problems, warnings } = render(owner, context.persistence ?? "unit", plan.hostState);
  report(context, problems, warnings);
  return { ...plan, hostState };
}
