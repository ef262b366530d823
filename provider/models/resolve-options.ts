import type { HubAccess } from "./sources/hub.ts";

export interface ResolveOptions {
  /** How to reach the Hugging Face Hub, or that it is not to be asked. */
  readonly hub: HubAccess | "off";
}
