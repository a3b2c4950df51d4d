/** Versions of engine and plugins that the lab fetches or builds. */
export const engineVersion = "3.259.0";

/** The oldest engine on PATH that is taken as it is: the lower end of the peer range of @pulumi/pulumi. */
export const oldestEngine = "3.230.0";

/** Engine on a machine where only Go modules can be had: its language host is a release of its own. */
export const languageHostVersion = "3.60.0";

/** The provider plugins of the SDKs in package.json. */
export const pluginVersions = { docker: "5.2.0", command: "1.2.1" } as const;

export type PluginName = keyof typeof pluginVersions;

/** Whether dotted version `a` is at least `b`; a leading v and what follows a hyphen do not count. */
export function atLeast(a: string, b: string): boolean {
  const numbers = (version: string) => version.trim().replace(/^v/, "").split("-")[0]!.split(".").map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  for (const i of [0, 1, 2]) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
