import { describePartitioner } from "./contract.ts";
import { hardwareHost } from "./hardware-host.ts";
import { MI300A, MI300X } from "./host-under-test.ts";

describePartitioner("two MI300X behind SSH, as root, ROCm 7.2", MI300X, () => hardwareHost({}));
describePartitioner("two MI300X behind SSH, by way of sudo, ROCm 7.14", MI300X, () =>
  hardwareHost({ user: "ops", rocm: "7.14" }),
);
describePartitioner("two MI300A behind SSH, as root, ROCm 7.0", MI300A, () =>
  hardwareHost({ accelerator: "MI300A", rocm: "7.0" }),
);
