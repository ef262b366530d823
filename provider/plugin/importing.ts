import { OperationError } from "../operations/operation-error.ts";
import { importPartition } from "../operations/partition/import.ts";
import type { Properties } from "../wire/handler.ts";
import { resolveAccess } from "./access.ts";
import { identityOf, typeOf as urnType } from "./identity.ts";
import { IMPORT_LOCAL, parseImportId } from "./import-id.ts";
import { pluginMessages as say } from "./messages.ts";
import type { Serving } from "./requests.ts";
import { stored } from "./served.ts";

export interface ImportedResource {
  readonly id: string;
  readonly outputs: Record<string, unknown>;
  readonly inputs: Record<string, unknown>;
}

const IMPORTABLE = "amdgpu:index:GpuPartitionConfig";

/** A host that is partitioned already, as the resource that declares it. */
export async function importResource(serving: Serving, urn: string, id: string): Promise<ImportedResource> {
  const { config, kind, operation, bound } = serving;
  if (urnType(urn) !== IMPORTABLE) throw new OperationError(say["import-kind"]({ type: urnType(urn) }));
  const written = wayTo(id, Object.keys(config.hosts ?? {}));
  const resolved = resolveAccess(config, written, "program");
  if (!resolved.ok) throw new OperationError(resolved.problem);
  const access = { ...resolved.access, identity: identityOf(urn) };
  const imported = await importPartition({ ...operation, bound }, access);
  const state = stored(kind, { ...written, ...imported.declaration }, imported.props);
  return { id: imported.id, outputs: { ...state, ...kind.derived(state) }, inputs: state };
}

/** What a program writes to reach the host. */
function wayTo(id: string, inventory: readonly string[]): Properties {
  if (inventory.includes(id)) return { host: id };
  if (id === IMPORT_LOCAL) return { local: true };
  return { connection: parseImportId(id) };
}
