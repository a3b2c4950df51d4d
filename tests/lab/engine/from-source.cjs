// Preloaded into programs of the lab: they write `import … from "wirework"` as a user does, and get the sources of this checkout,
// so that no test runs against an old build.
const Module = require("node:module");
const { join } = require("node:path");

const source = join(__dirname, "..", "..", "..", "index.ts");
const resolve = Module._resolveFilename;

Module._resolveFilename = function (request, ...rest) {
  return resolve.call(this, request === "wirework" ? source : request, ...rest);
};
