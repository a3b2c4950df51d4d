import type { PlanContext } from "./context";

/** When Docker starts a container again. */
export const RestartPolicy = {
  /** Never. */
  No: "no",
  /** When the program ended with an error. */
  OnFailure: "on-failure",
  /** Whenever it ended, and when the engine starts. */
  Always: "always",
  /** Like always, but a container that was stopped by hand stays stopped. */
  UnlessStopped: "unless-stopped",
} as const;
/** One of the values of {@link RestartPolicy}. */
export type RestartPolicy = (typeof RestartPolicy)[keyof typeof RestartPolicy];

/** The known part of a container's arguments: what can be checked without Docker. Unknown or secret ones are left out. */
export interface ContainerSettings {
  readonly image?: string;
  readonly containerName?: string;
  readonly hostname?: string;
  readonly restart?: string;
  readonly memoryMiB?: number;
  readonly memorySwapMiB?: number;
  readonly cpuShares?: number;
  readonly shmSizeMiB?: number;
  readonly stopTimeoutSeconds?: number;
  readonly workingDirectory?: string;
  readonly addCapabilities?: readonly string[];
  readonly dropCapabilities?: readonly string[];
  readonly volumes?: readonly {
    readonly containerPath?: string;
    readonly hostPath?: string;
    readonly volumeName?: string;
    readonly readOnly?: boolean;
  }[];
  readonly tmpfs?: { readonly [path: string]: string };
  readonly devices?: readonly {
    readonly hostPath?: string;
    readonly containerPath?: string;
    readonly permissions?: string;
  }[];
  readonly ulimits?: readonly { readonly name?: string; readonly soft?: number; readonly hard?: number }[];
  readonly dns?: readonly string[];
  readonly hosts?: readonly { readonly host?: string; readonly ip?: string }[];
  readonly environment?: { readonly [name: string]: unknown };
  readonly labels?: { readonly [key: string]: unknown };
  readonly sysctls?: { readonly [key: string]: unknown };
}

/** Checks a container alone. Throws one ArgumentError with all problems; an agent's plan does the same with the rest. */
export function checkContainer(_context: PlanContext, _settings: ContainerSettings): void {
  throw new Error("first shape");
}
