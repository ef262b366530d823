import { type Bytes, formatBytes } from "../bytes.ts";

/** The two sides of an inequality, with as many digits as it takes to show that they differ. */
export function comparable(left: Bytes, right: Bytes): readonly [string, string] {
  if (left === right || formatBytes(left) !== formatBytes(right)) {
    return [formatBytes(left), formatBytes(right)];
  }
  const [finer, other] = [left, right].map((value) => `${(value / 1024 ** 3).toFixed(3)} GiB`);
  return finer === other ? [`${left} B`, `${right} B`] : [finer ?? "", other ?? ""];
}
