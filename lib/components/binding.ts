import type * as pulumi from "@pulumi/pulumi";
import { after, type Planned, pick } from "../lift";
import type { HostState } from "../plan/host-state";
import { type ComponentContext, newFacts, newVerification } from "./context";

/** Whether an update waits for the proof of what is bound to a container. */
export interface BindingVerifyArgs {
  /**
   * Whether anything is proved at all.
   * @default true
   */
  enabled?: pulumi.Input<boolean>;
  /**
   * Seconds until the proof counts as failed, 1-300.
   * @default 10
   */
  timeoutSeconds?: pulumi.Input<number>;
}

/** Facts that follow a container of somebody else's, and then their proof: what was proved, a line each. */
export function newBinding(
  context: ComponentContext,
  plan: Planned<{ readonly container: string; readonly hostState: HostState; readonly verify: readonly string[] }>,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  const facts = newFacts(context, plan, { parent });
  // Container and facts first: the proof waits for the watcher, not for another resource.
  const container = after(
    facts?.id,
    pick(plan, ({ container }) => container),
  );
  return newVerification(context, plan, container, parent);
}
