/** Single flight; a failure is not remembered. */
export function once<T>(memory: Map<string, Promise<T>>, key: string, begin: () => Promise<T>): Promise<T> {
  const known = memory.get(key);
  if (known) return known;
  const begun = begin();
  memory.set(key, begun);
  begun.catch(() => memory.delete(key));
  return begun;
}
