import { join } from "node:path";

import {
  type CodeSplittingGroup,
  type OutputChunk,
  type Plugin,
  rolldown,
  type RolldownOutput,
} from "rolldown";

export interface Bundle {
  /** Text by name of the file. */
  readonly files: Readonly<Record<string, string>>;
  /** Paths of the modules in them. */
  readonly modules: readonly string[];
}

/**
 * ssh2 stays a package: it looks for a native part beside itself and does without, and the thread that opens keys looks for the library's
 * own bcrypt there. The loader of .proto files is for services of gRPC that nobody here offers.
 */
const NOT_BUNDLED = ["ssh2", "@grpc/proto-loader"];

/** For Node itself that module makes its own `require`, which hides from a bundler what is required. */
const visibleRequire: Plugin = {
  name: "visible-require",
  transform(code, id) {
    if (!id.endsWith("/plugin/proto.js")) return undefined;
    const lines = code.split("\n");
    const shown = lines.filter((line) => !line.includes("createRequire"));
    if (lines.length - shown.length !== 2)
      throw new Error(`${id} makes its require in another way than it did`);
    return shown.join("\n");
  },
};

/**
 * The built plugin in two files: what every start needs, and what the first call of a resource or a function loads.
 *
 * @param dist folder of the build
 */
export async function bundlePlugin(dist: string): Promise<Bundle> {
  const atStart = startModules(await generate(dist));
  const output = await generate(dist, [
    { name: "start", test: (id) => atStart.has(id), priority: 2 },
    { name: "operations", test: (id) => !atStart.has(id), priority: 1 },
  ]);
  const chunks = output.filter((one) => one.type === "chunk");
  const files = Object.fromEntries(chunks.map(({ fileName, code }) => [fileName, code]));
  return { files, modules: chunks.flatMap(({ moduleIds }) => moduleIds) };
}

async function generate(dist: string, groups: CodeSplittingGroup[] = []): Promise<RolldownOutput["output"]> {
  const bundle = await rolldown({
    input: { main: join(dist, "plugin/main.js") },
    platform: "node",
    external: NOT_BUNDLED,
    plugins: [visibleRequire],
    onLog: (_level, log) => {
      if (log.code === "UNRESOLVED_IMPORT") throw new Error(log.message);
    },
  });
  try {
    const { output } = await bundle.generate({
      format: "esm",
      entryFileNames: "[name].mjs",
      chunkFileNames: "[name].mjs",
      // Names stay, so that what a user reports can be found.
      minify: { mangle: false, compress: false, codegen: { removeWhitespace: true } },
      codeSplitting: { groups },
    });
    return output;
  } finally {
    await bundle.close();
  }
}

/** Modules that the entry imports without an `import()`. */
function startModules(output: RolldownOutput["output"]): ReadonlySet<string> {
  const chunks = new Map<string, OutputChunk>();
  for (const one of output) if (one.type === "chunk") chunks.set(one.fileName, one);
  const names = new Set([output[0].fileName]);
  for (const name of names) for (const next of chunks.get(name)?.imports ?? []) names.add(next);
  return new Set([...names].flatMap((name) => chunks.get(name)?.moduleIds ?? []));
}
