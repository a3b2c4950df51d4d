// The program of the command plugin's conformance tests: each Command of the file DECLARED, in its order.
// Plain JavaScript, because loading the TypeScript compiler would take a third of each run.
const { readFileSync } = require("node:fs");
const command = require("@pulumi/command");
const pulumi = require("@pulumi/pulumi");

const made = {};
for (const { name, args, secrets = [], triggeredBy, options } of JSON.parse(
  readFileSync(process.env.DECLARED, "utf8"),
)) {
  for (const key of secrets) args[key] = pulumi.secret(args[key]);
  if (triggeredBy) {
    const [other, output] = triggeredBy.split(".");
    args.triggers = [made[other][output]];
  }
  made[name] = new command.remote.Command(name, args, options);
}
