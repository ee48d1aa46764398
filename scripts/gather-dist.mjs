// Makes dist/ of what `tsc -p tsconfig.emit.json` wrote and of the page, which is JavaScript already. Only src/ goes in,
// without a folder of its own: `../../package.json` and the like mean the same there as in src/.
import { chmodSync, cpSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const emitted = join(root, '.cache', 'emit')
const dist = join(root, 'dist')

// What an older tree left there would be packed too.
rmSync(dist, { recursive: true, force: true })
renameSync(join(emitted, 'src'), dist)
rmSync(emitted, { recursive: true, force: true })
cpSync(join(root, 'src', 'web', 'page'), join(dist, 'web', 'page'), {
  recursive: true,
  filter: (from) => !from.endsWith('tsconfig.json'),
})
chmodSync(join(dist, 'cli.js'), 0o755)
