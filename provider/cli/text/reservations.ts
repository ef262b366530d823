import { bytes, formatBytes } from "../../bytes.ts";
import type { ListedDevice, ListedReservation } from "../../host-record/listed.ts";
import { type Line, span } from "./line.ts";
import { table } from "./table.ts";

/** A row for each device of each reservation. */
export const reservationLines = (reservations: readonly ListedReservation[]): readonly Line[] =>
  table(
    [
      { title: "KEY" },
      { title: "MODEL" },
      { title: "DEVICE" },
      { title: "RESERVED", align: "right" },
      { title: "SINCE" },
    ],
    reservations.flatMap(({ key, model, devices, since, exclusive }) =>
      devices.map((device, number) => [
        ...(number === 0 ? [span("heading", key), `${model}${exclusive ? ", exclusive" : ""}`] : ["", ""]),
        deviceText(device),
        formatBytes(bytes(device.bytes)),
        number === 0 ? (since ?? "") : "",
      ]),
    ),
  );

const deviceText = ({ id, state }: ListedDevice) =>
  state === "there" ? id : span("warning", `${id} (gone)`);
