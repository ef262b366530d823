/** Begins once for each key and answers all who ask meanwhile and later; a failure is not remembered. */
export function singleFlight<T>(
  memory: Map<string, Promise<T>>,
  key: string,
  begin: () => Promise<T>,
): Promise<T> {
  const known = memory.get(key);
  if (known) return known;
  const begun = begin();
  memory.set(key, begun);
  begun.catch(() => memory.delete(key));
  return begun;
}
