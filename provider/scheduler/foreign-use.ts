export {
  type UnreservedUse as ForeignUse,
  unreservedReservations as foreignReservations,
} from "./occupancy/unreserved-use.ts";
