import * as pulumi from "@pulumi/pulumi";

/** A resource as the engine was asked to make it. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: inputs of any resource type
  readonly inputs: Record<string, any>;
  readonly provider: string;
}

/** Runs a program against an engine that makes nothing, and gives everything it was asked for, in order of name. */
export async function registered(program: () => void, preview = false): Promise<Registered[]> {
  const found: Registered[] = [];
  await pulumi.runtime.setMocks(
    {
      call: () => ({}),
      newResource: ({ type, name, inputs, provider }) => {
        found.push({ type, name, inputs, provider: provider ?? "" });
        return { id: `${name}-id`, state: { ...inputs, stdout: "{}", networkDatas: [], name: inputs.name ?? name } };
      },
    },
    "project",
    "stack",
    preview,
  );
  await pulumi.runtime.runInPulumiStack(async () => program());
  // Registration goes on in the background; this ends when the last request was answered.
  await pulumi.runtime.disconnect();
  return found.filter(({ type }) => type !== "pulumi:pulumi:Stack").sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** `type name` of each, the public surface of a component's children: a change here replaces things of users. */
export function children(found: readonly Registered[]): string[] {
  return found.map(({ type, name }) => `${type} ${name}`);
}

/** A value of the mock engine out of its envelope: secrets come as a map with a signature. */
export function secretValue(input: unknown): unknown {
  return (input as { value?: unknown }).value;
}

/** A key pair's public half, made for these tests only. */
export const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK0wmN/Cr3JXqmLW7u+g9pTh+wyqDHpSQEIQczXkVx9q";
/** What looks like a private key. */
export const privateKey =
  "-----BEGIN OPENSSH PRIVATE KEY-----\nY2FuYXJ5LXNlY3JldA==\n-----END OPENSSH PRIVATE KEY-----\n";
