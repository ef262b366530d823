import { HostUnreachableError } from "../../errors.ts";
import type { Address, Endpoint } from "../endpoint.ts";
import { hostTrustOf } from "../host-key/host-trust.ts";
import type { Limit } from "../limit.ts";
import { reachMessages } from "../messages.ts";
import { dial } from "./dial.ts";
import { explainForwarding } from "./forwarding-failure.ts";
import { openSession } from "./open-session.ts";
import type { Session } from "./session.ts";
import { SharedDial } from "./shared-dial.ts";
import type { TunnelKeeper } from "./tunnel.ts";
import type { Wire, WireSource } from "./wire.ts";

/** One connection to a jump host, and what goes through it. */
interface Carrier {
  readonly session: Session;
  /** Tunnels that are open, or being opened. */
  tunnels: number;
  /** As many of these as keep this process from ending. */
  busy: number;
  /** Whether the jump host has ever forwarded. */
  forwards: boolean;
  idle: NodeJS.Timeout | undefined;
}

/**
 * The way to one jump host as one user, for all hosts behind it: dialled when the first of them is, again after it broke, and closed when
 * idle. It is one connection: a tunnel is no session, and is not counted by MaxSessions.
 */
export class JumpHost implements WireSource {
  readonly #endpoint: Endpoint;
  readonly #via: JumpHost | undefined;
  readonly #idleMs: number;
  readonly #dialling: SharedDial;
  readonly #carriers = new Set<Carrier>();
  /** The connection that new tunnels go through. */
  #current: Carrier | undefined;

  /** @param via the jump host in front of it. */
  constructor(endpoint: Endpoint, via: JumpHost | undefined, idleMs: number) {
    this.#endpoint = endpoint;
    this.#via = via;
    this.#idleMs = idleMs;
    this.#dialling = new SharedDial((signal) => this.#dial(signal));
  }

  get target(): string {
    return this.#endpoint.target;
  }

  /** Waits until there is a connection. How long that takes is limited by the settings of the jump host, and by `signal`. */
  async connect(signal: AbortSignal): Promise<void> {
    if (this.#usable()) return;
    await this.#dialling.waitFor(this.#dialling.begin(), signal);
  }

  /** Has the jump host connect to `to`. @param target the host there, for messages */
  async open(to: Address, target: string, limit: Limit): Promise<Wire> {
    const jump = this.target;
    const carrier = this.#usable();
    if (!carrier)
      throw new HostUnreachableError(target, reachMessages["jump-connection-lost"]({ jump, detail: "" }));
    const hold = this.#hold(carrier);
    const release = (): void => {
      hold.setActivity("idle");
      hold.closed();
    };
    const before = carrier.session.received();
    const opening = carrier.session.forward(to, hold);
    try {
      const wire = await Promise.race([opening, limit.reached]);
      carrier.forwards = true;
      return wire;
    } catch (error) {
      const { aborted } = limit.signal;
      if (aborted) opening.then((late) => late.destroy(), release);
      else release();
      // A host that is not there keeps a jump host waiting; a jump host that has said nothing at all may be gone itself.
      if (aborted && carrier.session.received() === before) this.#leave(carrier);
      throw aborted ? error : explainForwarding(error, { jump, target, to, forwards: carrier.forwards });
    }
  }

  /** Ends the connection, and with it what goes through it. A later `connect` dials again. */
  async close(): Promise<void> {
    this.#dialling.abort(new Error(`the connection to ${this.#endpoint.target} was closed`));
    this.#current = undefined;
    const carriers = [...this.#carriers];
    this.#carriers.clear();
    for (const { idle } of carriers) clearTimeout(idle);
    await Promise.all(carriers.map(({ session }) => session.end()));
  }

  #usable(): Carrier | undefined {
    if (this.#current?.session.open === false) this.#leave(this.#current);
    return this.#current;
  }

  async #dial(signal: AbortSignal): Promise<void> {
    const session = await dial(
      this.#endpoint.connection.dialErrorLimit,
      async () => {
        const trust = await hostTrustOf(this.#endpoint);
        return await openSession(this.#endpoint, { trust, via: this.#via, signal });
      },
      signal,
    );
    if (signal.aborted) await session.end();
    signal.throwIfAborted();
    const carrier: Carrier = { session, tunnels: 0, busy: 0, forwards: false, idle: undefined };
    this.#carriers.add(carrier);
    this.#current = carrier;
    this.#rest(carrier);
  }

  /** A tunnel is counted from here on, until it is closed. */
  #hold(carrier: Carrier): TunnelKeeper {
    const setActivity = (activity: "busy" | "idle"): void => {
      carrier.busy += activity === "busy" ? 1 : -1;
      carrier.session.setActivity(carrier.busy > 0 ? "busy" : "idle");
    };
    clearTimeout(carrier.idle);
    carrier.tunnels++;
    setActivity("busy");
    return {
      setActivity,
      closed: () => {
        carrier.tunnels--;
        if (carrier.tunnels === 0) this.#rest(carrier);
      },
    };
  }

  /** No new tunnel goes through this connection; it ends with the last of those that do. */
  #leave(carrier: Carrier): void {
    if (this.#current === carrier) this.#current = undefined;
    if (carrier.tunnels === 0) this.#end(carrier);
  }

  #rest(carrier: Carrier): void {
    if (carrier !== this.#current) return this.#end(carrier);
    carrier.session.setActivity("idle");
    clearTimeout(carrier.idle);
    carrier.idle = setTimeout(() => this.#leave(carrier), this.#idleMs).unref();
  }

  #end(carrier: Carrier): void {
    clearTimeout(carrier.idle);
    this.#carriers.delete(carrier);
    void carrier.session.end();
  }
}
