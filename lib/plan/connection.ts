/** A jump host, all known. */
export interface ProxySettings {
  readonly address: string;
  readonly port?: number;
  readonly user?: string;
  readonly privateKey?: string;
  readonly hostKey?: string;
}

/** How a host is reached, all known. */
export interface ConnectionSettings {
  readonly address: string;
  readonly port?: number;
  readonly user?: string;
  readonly privateKey?: string;
  readonly privateKeyPassword?: string;
  readonly agentSocketPath?: string;
  readonly hostKey?: string;
  readonly insecureIgnoreHostKey?: boolean;
  readonly identity?: string;
  readonly sudo?: boolean;
  readonly proxy?: ProxySettings;
  readonly dialAttempts?: number;
  readonly dockerEndpoint?: string;
}

/** A jump host, as planned. */
export interface ProxyPlan {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly privateKey?: string;
  readonly hostKey?: string;
}

/** A checked connection with its defaults filled in. Holds the login key: keep it secret. */
export interface ConnectionPlan {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly privateKey?: string;
  readonly privateKeyPassword?: string;
  readonly agentSocketPath?: string;
  readonly hostKey?: string;
  readonly identity: string;
  readonly sudo: boolean;
  readonly proxy?: ProxyPlan;
  readonly dialAttempts: number;
  readonly dockerEndpoint: string;
  readonly warnings: readonly string[];
}

/** Checks a connection. Throws one ArgumentError with all problems, and never shows a key. */
export function planConnection(
  _context: { component: string; name: string },
  _settings: ConnectionSettings,
): ConnectionPlan {
  throw new Error("first shape");
}
