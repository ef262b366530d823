export { type HostedDevice, type Pool, poolOf, type Reservation } from "./occupancy/pool.ts";
