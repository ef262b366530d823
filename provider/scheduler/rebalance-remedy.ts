export { rebalanceRemedies } from "./advice/rebalance-remedy.ts";
