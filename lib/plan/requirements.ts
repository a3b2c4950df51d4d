import type { RequireFact } from "./host-state";

/** The engine version that an agent needs, if any: the higher one says it all. */
export function requireDocker(explicitMac: boolean, gatewayPriority: boolean): RequireFact[] {
  if (gatewayPriority) {
    return [{ kind: "require", condition: "docker >= 28" }];
  }
  // API 1.44 of Docker 25 is the first that takes a MAC per network; older ones ignore it without a word.
  return explicitMac ? [{ kind: "require", condition: "docker >= 25" }] : [];
}
