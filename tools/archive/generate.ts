// Writes the archive of the plugin, and its checksum, into archive/ or another folder: `npm run archive [-- folder]`.
import { resolve } from "node:path";

import { findPackageRoot } from "../engine/places.ts";
import { writeArchive } from "./write.ts";

const [folder = "archive"] = process.argv.slice(2);
process.stdout.write(`${await writeArchive(findPackageRoot(), resolve(folder))}\n`);
