// Run from the package's root: reads provider/models/catalog/models.csv and writes provider/models/catalog/catalog-data.ts.
import { readFileSync, writeFileSync } from "node:fs";

import { renderCatalog } from "./render.ts";

const TABLE = "provider/models/catalog/models.csv";
const MODULE = "provider/models/catalog/catalog-data.ts";

writeFileSync(MODULE, renderCatalog(readFileSync(TABLE, "utf8")));
process.stdout.write(`${MODULE} written from ${TABLE}\n`);
