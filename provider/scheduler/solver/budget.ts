/**
 * How far a search may go, in nodes: the same on every machine, so that the same question has the same answer everywhere.
 */
export interface Budget {
  readonly limit: number;
  spent: number;
}

export const openBudget = (limit: number): Budget => ({ limit, spent: 0 });

/** Takes nodes; false when there are none left. */
export function spend(budget: Budget, nodes = 1): boolean {
  budget.spent += nodes;
  return budget.spent <= budget.limit;
}

export const isSpent = (budget: Budget): boolean => budget.spent > budget.limit;
