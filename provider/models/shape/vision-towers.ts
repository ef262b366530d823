/** What a start-up pass over images depends on. */
export interface VisionTower {
  readonly hidden: number;
  readonly ffn: number;
  /** Patches of the largest image a request may carry. */
  readonly patches: number;
  /** Tokens that such an image becomes for the language model. */
  readonly tokens: number;
  /** Outputs of this many layers go into the language model beside the last. @default 1 */
  readonly outputs?: number;
}

/** 16,777,216 pixels at most (`longest_edge` of its processor): patches of 16 x 16, four of which make a token. */
const QWEN_LARGEST = { patches: 65_536, tokens: 16_384 } as const;

/** By the name in the catalog's column; sizes of the families' vision_config and processor settings. */
export const VISION_TOWERS = {
  "qwen3-vl": { hidden: 1152, ffn: 4304, ...QWEN_LARGEST, outputs: 4 },
  "qwen3-vl-small": { hidden: 1024, ffn: 4096, ...QWEN_LARGEST, outputs: 4 },
  "qwen3.5": { hidden: 1152, ffn: 4304, ...QWEN_LARGEST },
  "qwen3.5-medium": { hidden: 1024, ffn: 4096, ...QWEN_LARGEST },
  "qwen3.5-small": { hidden: 768, ffn: 3072, ...QWEN_LARGEST },
  /** 12,845,056 pixels, patches of 14 x 14. */
  "qwen2.5-vl": { hidden: 1280, ffn: 3420, patches: 65_536, tokens: 16_384 },
  "qwen2-vl": { hidden: 1280, ffn: 5120, patches: 65_536, tokens: 16_384 },
  /** SigLIP: 896 x 896 pixels in patches of 14. */
  gemma3: { hidden: 1152, ffn: 4304, patches: 4096, tokens: 256 },
  /** 280 tokens of 3 x 3 patches. */
  gemma4: { hidden: 1152, ffn: 4304, patches: 2520, tokens: 280 },
  /** 768 x 768 pixels through MobileNet-V5. */
  gemma3n: { hidden: 2048, ffn: 2048, patches: 2304, tokens: 256 },
  /** 16 tiles and the whole image, 336 x 336 pixels each in patches of 14. */
  llama4: { hidden: 1408, ffn: 5632, patches: 17 * 576, tokens: 17 * 144 },
  /** Four tiles of 560 x 560 pixels in patches of 14. */
  mllama: { hidden: 1280, ffn: 5120, patches: 4 * 1601, tokens: 4 * 1601 },
  /** Pixtral: 1540 x 1540 pixels in patches of 14, four of which make a token. */
  pixtral: { hidden: 1024, ffn: 4096, patches: 12_100, tokens: 3025 },
  /** The same without merging. */
  "pixtral-12b": { hidden: 1024, ffn: 4096, patches: 4096, tokens: 4096 },
  /** 1792 x 1792 pixels in patches of 14. */
  moonvit: { hidden: 1152, ffn: 4304, patches: 16_384, tokens: 4096 },
  /** GLM-4.5V: 6144 tokens of 2 x 2 patches. */
  "glm-4.5v": { hidden: 1536, ffn: 10_944, patches: 24_576, tokens: 6144 },
  /** InternViT: 12 tiles and the whole image, 448 x 448 pixels each in patches of 14. */
  internvl: { hidden: 1024, ffn: 4096, patches: 13 * 1025, tokens: 13 * 256 },
  /** Phi-4-multimodal: crops of 448 x 448 pixels. */
  phi4mm: { hidden: 1152, ffn: 4304, patches: 37 * 1024, tokens: 36 * 273 },
  deepseekocr: { hidden: 1024, ffn: 4096, patches: 7 * 4096, tokens: 1113 },
} as const satisfies Readonly<Record<string, VisionTower>>;
export type VisionTowerName = keyof typeof VISION_TOWERS;

/** Of a tower of unknown build: that of the families that most models are of. */
const UNKNOWN: VisionTower = VISION_TOWERS["qwen3.5"];

/** What of a shape says that the model sees. */
interface Seeing {
  readonly visionTower?: VisionTowerName | VisionTower;
  readonly visionParams?: number;
}

/** What sees in a model; undefined where nothing does. */
export function visionTowerOf(shape: Seeing): VisionTower | undefined {
  if (typeof shape.visionTower === "string") return VISION_TOWERS[shape.visionTower];
  return shape.visionTower ?? (sees(shape) ? UNKNOWN : undefined);
}

export const sees = (shape: Seeing): boolean =>
  shape.visionTower !== undefined || (shape.visionParams ?? 0) > 0;
