import type { ContainerDevices } from "../../provider/render/container.ts";

/** What a ModelAllocation hands out for one device of an MI300X. */
export const SERVED: ContainerDevices = {
  devices: ["/dev/kfd", "/dev/dri/renderD136"],
  groups: ["44", "109"],
  env: { ROCR_VISIBLE_DEVICES: "0" },
};

/** As on the simulation, whose groups have no numbers. */
export const BY_NAME: ContainerDevices = { ...SERVED, groups: ["video", "render"] };
