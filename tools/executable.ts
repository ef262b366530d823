/**
 * Makes the built command executable, as npm does when it installs the package: `npx pulumi-amd-gpu` then works in the repository too.
 *
 *     node .build/tools/executable.js
 */
import { chmodSync } from "node:fs";
import { join } from "node:path";

import { findPackageRoot } from "./engine/places.ts";

chmodSync(join(findPackageRoot(), "dist/cli/main.js"), 0o755);
