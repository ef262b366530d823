/** One set of environment variables found in the outputs, and where. */
export interface FoundEnvironment {
  /** Output name and keys below it, joined with dots. */
  readonly path: string;
  readonly variables: Readonly<Record<string, string>>;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isEnvironment = (value: Record<string, unknown>): value is Record<string, string> => {
  const entries = Object.entries(value);
  return (
    entries.length > 0 &&
    entries.every(([name, text]) => /^[A-Z][A-Z0-9_]*$/.test(name) && typeof text === "string")
  );
};

/** Sets of variables, wherever a program puts them in its stack outputs. */
export const findEnvironments = (outputs: unknown, path = ""): readonly FoundEnvironment[] => {
  if (!isRecord(outputs)) return [];
  if (isEnvironment(outputs)) return [{ path, variables: outputs }];
  return Object.entries(outputs).flatMap(([name, value]) =>
    findEnvironments(value, path === "" ? name : `${path}.${name}`),
  );
};
