// The program behind `npm run test:backends`: every declaration, by every backend, on every host.
import { campaign } from "../runner/campaign";
import { report } from "./report";

campaign(["backends"], report);
