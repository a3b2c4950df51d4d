// A program whose resources are declared in a file: the conformance tests change the file, never the program.
const { readFileSync } = require("node:fs");
const pulumi = require("@pulumi/pulumi");
const docker = require("@pulumi/docker");

const { provider: settings, resources, outputs = {} } = JSON.parse(readFileSync(process.env.DECLARED, "utf8"));
const provider = new docker.Provider("engine", settings);
const made = {};

/** `{ from, out }` is an output of another resource, `{ secret }` a secret value; everything else is as it stands. */
function lift(value) {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(lift);
  if ("from" in value) return made[value.from][value.out];
  if ("secret" in value) return pulumi.secret(value.secret);
  return Object.fromEntries(Object.entries(value).map(([key, element]) => [key, lift(element)]));
}

for (const { type, name, args, after = [], options = {} } of resources) {
  const dependsOn = after.map((other) => made[other]);
  made[name] = new docker[type](name, lift(args), { provider, dependsOn, ...options });
}

module.exports = lift(outputs);
