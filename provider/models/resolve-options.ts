import type { HubAccess } from "./sources/hub.ts";

export interface ResolveOptions {
  /** How to reach the Hugging Face Hub, or that hub is "off". */
  readonly hub: HubAccess | "off";
}
