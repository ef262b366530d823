import json

from pyinfra import host
from pyinfra.api import FactBase, operation


class PartitionModes(FactBase):
    """Modes of every GPU, by amd-smi's index of its first partition."""

    def command(self):
        return "amd-smi static --partition --json"

    def process(self, output):
        rows = json.loads("\n".join(output))
        return {
            row["gpu"]: (row["partition"]["accelerator_partition"], row["partition"]["memory_partition"])
            for row in rows["gpu_data"]
            if row["partition"]["accelerator_partition"] != "N/A"
        }


@operation()
def partitioned(compute, memory):
    modes = host.get_fact(PartitionModes)
    if len(modes) != 8:
        raise RuntimeError(f"8 GPUs expected: {modes}")
    changes = 0
    for gpu, (now_compute, now_memory) in modes.items():
        if now_memory != memory:
            yield f"echo Y | amd-smi set -g {gpu} -M {memory}"
            changes += 1
        if now_compute != compute:
            yield f"amd-smi set -g {gpu} -C {compute}"
            changes += 1
    if changes == 0:
        host.noop("the GPUs are partitioned as wanted")


partitioned(name="Partition the GPUs", compute="CPX", memory="NPS4")
