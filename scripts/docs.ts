/** `node scripts/docs.ts`: writes the parts of docs/ and deploy/ that come from tables. A test holds them against each other. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { doctorPage } from './doctor-page.ts'
import { ecsFiles } from './ecs.ts'
import { grafanaFile } from './grafana.ts'
import { iamPage } from './iam-page.ts'
import { metricsPage } from './metrics-page.ts'

const file = (path: string): URL => new URL(`../${path}`, import.meta.url)
writeFileSync(file('docs/metrics.md'), metricsPage())
writeFileSync(file('docs/iam.md'), iamPage())
writeFileSync(file('docs/doctor.md'), doctorPage())
mkdirSync(file('deploy/grafana/'), { recursive: true })
writeFileSync(file('deploy/grafana/landfall.json'), grafanaFile())
mkdirSync(file('deploy/ecs/'), { recursive: true })
for (const [name, text] of ecsFiles()) writeFileSync(file(`deploy/ecs/${name}`), text)
