/** Status codes of AMD's library, as its CLI prints them. */
export const STATUSES = {
  AMDSMI_STATUS_INVAL: { number: 1, text: "Invalid parameters" },
  AMDSMI_STATUS_NOT_SUPPORTED: { number: 2, text: "Feature not supported" },
  AMDSMI_STATUS_NO_PERM: { number: 10, text: "Permission Denied" },
  AMDSMI_STATUS_BUSY: { number: 30, text: "Device busy" },
  AMDSMI_STATUS_NOT_FOUND: { number: 31, text: "Device Not found" },
  AMDSMI_STATUS_NO_DATA: { number: 40, text: "No data was found for given input" },
  AMDSMI_STATUS_AMDGPU_RESTART_ERR: { number: 54, text: "AMDGPU restart error" },
  AMDSMI_STATUS_SETTING_UNAVAILABLE: { number: 55, text: "Setting is not available" },
  AMDSMI_STATUS_UNKNOWN_ERROR: { number: 0xff_ff_ff_ff, text: "An unknown error occurred" },
} as const;

export type StatusName = keyof typeof STATUSES;
