import { setFlagsFromString } from 'node:v8'

/**
 * Keeps the heap of a process that reads much and keeps little near to what it keeps. By itself V8 lets garbage grow to
 * several times the live heap before it looks: at a million versions twice the memory, for a tenth less CPU time.
 *
 * Node warns of flags that are set after the start; both of these V8 reads only where it resizes a space
 * (`Heap::ReduceNewSpaceSize`, `MemoryController::GrowingFactor`). A V8 that lacks one ignores it.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
  setFlagsFromString('--heap-growing-percent=50')
}
