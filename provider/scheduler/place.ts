export { reservationOf } from "./solver/placements.ts";
