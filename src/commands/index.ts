import type { CommandEntry } from './command.ts'

/** Every command, in the order of `landfall --help`. Each file is loaded only when it is asked for. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'config',
    summary: 'check, print or describe the configuration',
    load: () => import('./config.ts'),
  },
]
