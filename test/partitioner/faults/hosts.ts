import type { RocmVersion } from "../../support/fake-node/versions.ts";
import type { HardwareHost } from "../hardware-host.ts";
import { faultyHost } from "./cell.ts";

/** Hosts that cells take turns on. */
export interface Hosts {
  /** Waits until one is free. */
  on<T>(work: (host: HardwareHost) => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

export async function startHosts(count: number, rocm: RocmVersion): Promise<Hosts> {
  const all = await Promise.all(Array.from({ length: count }, () => faultyHost(rocm)));
  const free = [...all];
  const waiting: ((host: HardwareHost) => void)[] = [];
  return {
    on: async (work) => {
      const host = free.pop() ?? (await new Promise<HardwareHost>((resolve) => waiting.push(resolve)));
      try {
        return await work(host);
      } finally {
        const next = waiting.shift();
        if (next) next(host);
        else free.push(host);
      }
    },
    stop: async () => {
      await Promise.all(all.map((host) => host.stop()));
    },
  };
}
