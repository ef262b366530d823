import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The engine we download or build. To move it: here and in go/cli/go.mod, then `go mod tidy` there. */
export const engineVersion = "3.250.0";

/**
 * The Node language host that goes with a built engine; a downloaded engine brings its own. It is the last one that is
 * part of Pulumi's sdk module; the module of later ones is not served by the Go module proxy.
 */
export const languageHostVersion = "3.68.0";

/** The oldest engine taken from PATH: from here on `read` may return inputs. */
export const minimumVersion = "3.216.0";

/** One Go program, built in a module of its own so that the two need not agree on their dependencies. */
export interface GoProgram {
  readonly binary: string;
  /** Folder of go.mod and go.sum, relative to the package root. */
  readonly moduleFolder: string;
  readonly importPath: string;
  /** Flags besides -trimpath, -mod=readonly and -o. */
  readonly flags: readonly string[];
}

export const goPrograms: readonly GoProgram[] = [
  {
    binary: "pulumi",
    moduleFolder: "tools/engine/go/cli",
    importPath: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    flags: [
      "-tags",
      "osusergo,grpcnotrace",
      "-ldflags",
      `-w -s -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${engineVersion}`,
    ],
  },
  {
    binary: "pulumi-language-nodejs",
    moduleFolder: "tools/engine/go/language-host",
    importPath: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
    flags: [
      "-ldflags",
      `-w -s -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${languageHostVersion}`,
    ],
  },
];

/** The host that runs YAML programs; it goes with every engine from 3.206 on. A downloaded engine brings its own. */
export const yamlHostVersion = "1.25.0";

export const yamlHost: GoProgram = {
  binary: "pulumi-language-yaml",
  moduleFolder: "tools/engine/go/yaml",
  importPath: "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
  flags: ["-ldflags", `-w -s -X github.com/pulumi/pulumi-yaml/pkg/version.Version=v${yamlHostVersion}`],
};

/**
 * Name of the cache folder for today's pins on this kind of machine. It covers everything a built engine is made from,
 * so that a changed pin never meets an engine built from the old one.
 */
export const cacheKey = async (
  packageRoot: string,
  version: string = engineVersion,
  programs: readonly GoProgram[] = goPrograms,
): Promise<string> => {
  const digest = createHash("sha256").update(JSON.stringify(programs));
  for (const { moduleFolder } of programs) {
    for (const file of ["go.mod", "go.sum"]) {
      digest.update(await readFile(join(packageRoot, moduleFolder, file)));
    }
  }
  return `${version}-${digest.digest("hex").slice(0, 8)}-${process.platform}-${process.arch}`;
};
