// The program behind `npm run test:faults`: runs the campaign, with faults at every step, and prints what it showed.
import { readFileSync } from "node:fs";
import { EVERY_STEP } from "../host/sweep";
import { campaign } from "../runner/campaign";
import { report } from "./report";
import { faults } from "./table";

process.env[EVERY_STEP] = "yes"; // for the tests' own processes
campaign(["faults", "host"], (outcome) => report(faults, outcome, (file) => readFileSync(file, "utf8")));
