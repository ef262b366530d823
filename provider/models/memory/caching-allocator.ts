const MEBI = 1024 ** 2;

/** Sizes are whole multiples of this. */
const GRANULE = 512;
/** The largest tensor of the pool of small ones, and the largest rest that stays with a tensor of the other pool. */
const SMALL = MEBI;
/** From this size on a tensor has a segment of its own. */
const LARGE = 10 * MEBI;
const SEGMENT = { small: 2 * MEBI, medium: 20 * MEBI, multiple: 2 * MEBI } as const;

export interface Allocation {
  /** Bytes that `torch.cuda.memory_allocated` counts: the tensors, and the rests that stay with them. */
  readonly allocated: number;
  /** Bytes of the device that are in use for them: whole segments. */
  readonly reserved: number;
}

/** Tensors that are made one after the other, and the number of times that all of them are. */
export interface Tensors {
  readonly times: number;
  readonly sizes: readonly number[];
}

/**
 * Memory that PyTorch's caching allocator takes for tensors of these sizes, in this order. Small tensors share segments of
 * 2 MiB, those below 10 MiB share segments of 20 MiB, and each larger tensor has a segment in whole 2 MiB. The rest of a segment
 * serves the next tensor that fits (`c10/core/AllocatorConfig.h`, and `should_split` in `c10/cuda/CUDACachingAllocator.cpp`,
 * PyTorch 2.11). R11 agrees within 4 MiB, R16, W7 and W8 within 1 MiB.
 */
export function allocate(all: readonly Tensors[]): Allocation {
  const rests: Rests = { small: [], large: [] };
  return all.reduce<Allocation>(
    (sum, tensors) => {
      const { allocated, reserved } = allocateRepeated(rests, tensors);
      return { allocated: sum.allocated + allocated, reserved: sum.reserved + reserved };
    },
    { allocated: 0, reserved: 0 },
  );
}

/** More layers than a model has. Free blocks can grow without end and never repeat; the later half then stands for all further rounds. */
const MOST_FOLLOWED = 1024;

/**
 * Rounds of the same tensors. Once the free blocks that serve them are as they were some rounds before, these rounds repeat: whole
 * cycles are multiplied, and what is left of the last one is followed again.
 */
function allocateRepeated(rests: Rests, { times, sizes }: Tensors): Allocation {
  const least = upTo(Math.min(...sizes), GRANULE);
  const usable = (): string =>
    [rests.small, rests.large].map((blocks) => blocks.filter((block) => block >= least).join()).join(";");
  const seen = new Map<string, Allocation & { readonly done: number }>();
  let half: (Allocation & { readonly done: number }) | undefined;
  let allocated = 0;
  let reserved = 0;
  let done = 0;
  let isFollowed = true;
  while (done < times) {
    const state = usable();
    if (done === MOST_FOLLOWED / 2) half = { done, allocated, reserved };
    const before = isFollowed ? (seen.get(state) ?? (done === MOST_FOLLOWED ? half : undefined)) : undefined;
    if (before) {
      const cycles = Math.floor((times - done) / (done - before.done));
      allocated += cycles * (allocated - before.allocated);
      reserved += cycles * (reserved - before.reserved);
      done += cycles * (done - before.done);
      isFollowed = false;
      continue;
    }
    if (isFollowed) seen.set(state, { done, allocated, reserved });
    const round = allocateOnce(rests, sizes);
    allocated += round.allocated;
    reserved += round.reserved;
    done++;
  }
  return { allocated, reserved };
}

/** Blocks that are free, by pool, ascending. */
interface Rests {
  readonly small: number[];
  readonly large: number[];
}

function allocateOnce(rests: Rests, sizes: readonly number[]): Allocation {
  let allocated = 0;
  let reserved = 0;
  for (const wanted of sizes) {
    const size = upTo(wanted, GRANULE);
    const pool = size <= SMALL ? "small" : "large";
    const reused = takeAtLeast(rests[pool], size);
    const block = reused ?? segmentFor(size);
    if (reused === undefined) reserved += block;
    const rest = block - size;
    const isSplit = pool === "small" ? rest >= GRANULE : rest > SMALL;
    if (isSplit) insert(rests[pool], rest);
    allocated += isSplit ? size : block;
  }
  return { allocated, reserved };
}

const upTo = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

function segmentFor(size: number): number {
  if (size <= SMALL) return SEGMENT.small;
  return size < LARGE ? SEGMENT.medium : upTo(size, SEGMENT.multiple);
}

/** Takes the smallest that is large enough from an ascending list. */
function takeAtLeast(ascending: number[], size: number): number | undefined {
  const position = positionOf(ascending, size);
  return position === ascending.length ? undefined : ascending.splice(position, 1)[0];
}

const insert = (ascending: number[], value: number): void => {
  ascending.splice(positionOf(ascending, value), 0, value);
};

function positionOf(ascending: readonly number[], value: number): number {
  const position = ascending.findIndex((one) => one >= value);
  return position === -1 ? ascending.length : position;
}
