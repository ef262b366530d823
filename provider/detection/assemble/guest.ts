import { acceleratorByDeviceId, acceleratorByGuestDeviceId } from "../../topology/accelerators.ts";
import type { CardFiles } from "../parse/partition-files.ts";

/**
 * Whether the GPUs belong to an SR-IOV guest: parts of GPUs whose modes are the hypervisor's business.
 *
 * A virtual function has a PCI id of its own. Where that is not known: its driver shows the present compute mode, offers no
 * other, and runs on a virtual machine (kernel: `aqua_vanjaram_xcp_mgr_init` takes the switch away). A whole GPU that is passed
 * through to a virtual machine offers its modes as on bare metal, and is no guest.
 */
export function isGuest(
  machine: "virtual" | "physical",
  deviceIds: readonly number[],
  cards: readonly CardFiles[],
): boolean {
  if (deviceIds.some((id) => acceleratorByGuestDeviceId(id))) return true;
  if (machine === "physical" || cards.some((card) => card.availableCompute.length > 0)) return false;
  return (
    cards.some((card) => card.compute !== undefined) || deviceIds.some((id) => acceleratorByDeviceId(id))
  );
}
