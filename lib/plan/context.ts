import type { Problem } from "../problems";

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
  /** Problems that the caller has found already; they come first in the one error. */
  readonly found?: readonly Problem[];
}

/** Whose facts and Docker objects these are: `project/stack/Component.name`. */
export function ownerOf(context: PlanContext): string {
  return `${context.project}/${context.stack}/${context.component}.${context.name}`;
}
