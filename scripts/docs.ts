/** `node scripts/docs.ts`: writes the parts of docs/ that come from tables. A test holds them against each other. */
import { writeFileSync } from 'node:fs'
import { metricsPage } from './metrics-page.ts'

writeFileSync(new URL('../docs/metrics.md', import.meta.url), metricsPage())
