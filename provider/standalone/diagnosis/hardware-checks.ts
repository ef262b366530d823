import { missingMessages } from "../../detection/assemble/missing-gpus.ts";
import type { Capability } from "../../detection/capability.ts";
import { detectionMessages } from "../../detection/messages.ts";
import type { HostObservation } from "../../detection/observation.ts";
import { describeGroup } from "../../detection/parse/process-group.ts";
import { HOST_RECORD_PATH } from "../../host-record/path.ts";
import { textOf } from "../../message.ts";
import { bootUnitName, unitNameOf } from "../../partitioner/boot-unit/boot-files.ts";
import { unfinishedChange } from "../../partitioner/refuse/unfinished.ts";
import { failure, type HostCheck, ok, warning } from "./checks.ts";
import { diagnosisMessages as say } from "./messages.ts";

/** What one observation of a host tells of its health. Pure. @param capable what can be done with it */
export const hardwareChecks = (observation: HostObservation, capable: Capability): readonly HostCheck[] => [
  rights(observation),
  record(observation),
  accelerators(observation),
  ...(observation.gpus.length + observation.missingGpus.length === 0
    ? []
    : [driver(observation), ...kfd(observation)]),
  amdSmi(observation),
  capability(capable),
  ...(observation.gpus.length === 0 ? [] : [processes(observation)]),
  bootUnits(observation),
  change(observation),
  ...consistency(observation),
];

function rights({ right }: HostObservation): HostCheck {
  switch (right) {
    case "root":
      return ok("rights", say["right-is-root"]());
    case "sudo":
      return ok("rights", say["right-is-sudo"]());
    case "none":
      return failure("rights", detectionMessages["no-right"]());
  }
}

const unreadable = detectionMessages["record-unreadable"]({ path: HOST_RECORD_PATH });

const record = ({ problems, record: found }: HostObservation): HostCheck =>
  problems.includes(unreadable.text)
    ? failure("record", unreadable)
    : ok(
        "record",
        say["record-readable"]({
          reservations: found.reservations.length,
          owners: Object.keys(found.owners).length,
        }),
      );

function accelerators({ gpus, missingGpus }: HostObservation): HostCheck {
  const count = gpus.length + missingGpus.length;
  return count === 0
    ? failure("accelerators", detectionMessages["no-gpu"]())
    : ok("accelerators", say["accelerators-found"]({ count }));
}

function driver({ gpus, missingGpus, versions }: HostObservation): HostCheck {
  const [first, ...others] = missingMessages(missingGpus);
  if (!first) return ok("driver", say["driver-shows-all"]({ driver: versions.driver }));
  const found = { code: first.code, text: textOf([first, ...others]) };
  return gpus.length === 0 ? failure("driver", found) : warning("driver", found);
}

function kfd({ gpus, devices }: HostObservation): readonly HostCheck[] {
  if (gpus.length === 0) return [];
  if (devices.length === 0) return [failure("kfd", say["kfd-shows-no-device"]())];
  const bare = devices.filter((device) => device.renderNode === undefined).map((device) => device.id);
  return [
    bare.length > 0
      ? warning("kfd", say["devices-without-node"]({ devices: bare }))
      : ok("kfd", say["kfd-shows-devices"]({ count: devices.length })),
  ];
}

function amdSmi({ amdSmi: found, versions }: HostObservation): HostCheck {
  switch (found.state) {
    case "working":
      return ok("amd-smi", say["amd-smi-works"]({ path: found.path, version: versions.amdSmi }));
    case "absent":
      return failure(
        "amd-smi",
        found.path === undefined
          ? detectionMessages["amd-smi-absent"]()
          : detectionMessages["amd-smi-path-wrong"]({ path: found.path }),
      );
    case "untrusted":
      return failure("amd-smi", detectionMessages["amd-smi-untrusted"](found));
    case "failing":
      return failure("amd-smi", detectionMessages["amd-smi-failing"](found));
  }
}

function capability({ level, reason }: Capability): HostCheck {
  const found = { code: level, text: reason };
  return level === "NONE" ? failure("capability", found) : ok("capability", found);
}

function processes({ gpuProcesses, processesSeen }: HostObservation): HostCheck {
  if (gpuProcesses.length === 0)
    return processesSeen === "kfd"
      ? warning("processes", say["processes-partly-seen"]())
      : ok("processes", say["gpus-idle"]());
  const where = [...new Set(gpuProcesses.flatMap(({ group }) => (group ? [describeGroup(group)] : [])))];
  return warning("processes", say["gpus-open"]({ count: gpuProcesses.length, where }));
}

function bootUnits({ bootUnits: units = [], record: { owners } }: HostObservation): HostCheck {
  const names = (some: typeof units): readonly string[] => some.map(({ name }) => unitNameOf(name));
  const owned = new Set(Object.keys(owners).map(bootUnitName));
  const orphaned = units.filter(({ name }) => !owned.has(name));
  const broken = units.filter(({ digest }) => digest === "");
  if (orphaned.length > 0)
    return warning("boot-units", say["boot-units-orphaned"]({ units: names(orphaned) }));
  if (broken.length > 0) return warning("boot-units", say["boot-units-broken"]({ units: names(broken) }));
  return ok(
    "boot-units",
    units.length === 0
      ? say["boot-units-none"]({ owners: owned.size })
      : say["boot-units-installed"]({ units: names(units) }),
  );
}

function change(observation: HostObservation): HostCheck {
  const { journal } = observation.record;
  const [first, ...others] = journal ? unfinishedChange(observation, journal.key) : [];
  return first
    ? warning("change", { code: first.code, text: textOf([first, ...others]) })
    : ok("change", say["change-none"]());
}

const consistency = ({ problems }: HostObservation): readonly HostCheck[] =>
  problems
    .filter((problem) => problem !== unreadable.text)
    .map((problem) => warning("consistency", say["host-contradiction"]({ problem })));
