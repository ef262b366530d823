import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A Pulumi of its own: home folder, state backend and settings that no other test and no user's login can touch. */
export interface PulumiHome {
  /** Everything lives in here; a good place for a test's own files too. */
  readonly folder: string;
  /** To be put over `process.env`. */
  readonly env: Readonly<Record<string, string>>;
  /** Removes the folder. */
  dispose(): Promise<void>;
}

export const createHome = async (): Promise<PulumiHome> => {
  const folder = await mkdtemp(join(tmpdir(), "pulumi-amd-gpu-test-"));
  const backend = join(folder, "backend");
  const home = join(folder, "home");
  await Promise.all([mkdir(backend), mkdir(home)]);
  return {
    folder,
    env: {
      PULUMI_HOME: home,
      PULUMI_BACKEND_URL: `file://${backend}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "true",
      // No test depends on who answers for the Hub, or whether anyone does.
      HF_HUB_OFFLINE: "1",
      PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true",
    },
    dispose: async () => rm(folder, { recursive: true, force: true }),
  };
};
