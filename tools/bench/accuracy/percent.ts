/** With its sign, which says in which direction an estimate errs. */
export const percent = (value: number, digits = 1): string =>
  `${value > 0 ? "+" : ""}${(value * 100).toFixed(digits)}`;
