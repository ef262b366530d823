// Run from the package's root: writes plugin/schema.json from the schemas of provider/schema/.
import { readFileSync, writeFileSync } from "node:fs";

import { packageSchema } from "./package-schema.ts";

const FILE = "plugin/schema.json";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly version: string };
writeFileSync(FILE, `${JSON.stringify(packageSchema(version), undefined, 2)}\n`);
process.stdout.write(`${FILE} written\n`);
