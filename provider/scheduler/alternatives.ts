export type { ChangeableHost } from "./advice/layout-alternatives.ts";
