/** "######--........": reserved, unreserved, free. Whatever is more than nothing has a sign. */
export function bar(capacity: number, reserved: number, unreserved: number, width: number): string {
  if (capacity <= 0) return ".".repeat(width);
  const signs = (bytes: number): number =>
    bytes <= 0 ? 0 : Math.max(1, Math.round((Math.min(bytes, capacity) / capacity) * width));
  const held = Math.min(width, signs(reserved));
  const used = Math.min(width - held, signs(unreserved));
  return "#".repeat(held) + "-".repeat(used) + ".".repeat(width - held - used);
}
