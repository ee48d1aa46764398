/**
 * fast-check as the tests use it. A failure prints its seed and path;
 * `FC_SEED=... FC_PATH=... npx vitest run <file> -t <test>` runs exactly that case again, `FC_RUNS=n` runs more.
 */
import fc, { configureGlobal } from 'fast-check'

const { FC_SEED, FC_PATH, FC_RUNS } = process.env

configureGlobal({
  ...(FC_SEED === undefined ? {} : { seed: Number(FC_SEED) }),
  ...(FC_PATH === undefined ? {} : { path: FC_PATH }),
  ...(FC_RUNS === undefined ? {} : { numRuns: Number(FC_RUNS) }),
})

/** For a property that needs more (or fewer) runs than the default hundred; `FC_RUNS` goes first. */
export function runs(numRuns: number): { readonly numRuns: number } {
  return { numRuns: FC_RUNS === undefined ? numRuns : Number(FC_RUNS) }
}

export { fc }
