// Run from the package's root: writes the tables of docs/reference.md and the comments of the arguments of the resources.
import { writeFileSync } from "node:fs";

import { writtenFromSchemas } from "./written.ts";

for (const { path, text } of writtenFromSchemas()) {
  writeFileSync(path, text);
  process.stdout.write(`${path} written from the schemas\n`);
}
