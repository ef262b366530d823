export { findViolations } from "./occupancy/violations.ts";
