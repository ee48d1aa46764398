import { getDropped } from './dropped.ts'
import { clearFaults, getFaults, putFaults } from './faults.ts'
import { getHealth } from './health.ts'
import { getEvaluations, getIam, postIam } from './iam.ts'
import { putEventBridge } from './eventbridge.ts'
import { postLifecycle } from './lifecycle.ts'
import { getReplication } from './replication.ts'
import { postMetrics } from './metrics.ts'
import type { ControlAction } from './service.ts'
import { getStats, resetStats } from './stats.ts'

/** Method and path below `/_sandbox/`. A new control action is one file and one line here. */
export const ACTIONS: Readonly<Record<string, ControlAction>> = {
  'GET health': getHealth,
  'GET faults': getFaults,
  'PUT faults': putFaults,
  'DELETE faults': clearFaults,
  'GET replication': getReplication,
  'GET dropped': getDropped,
  'POST lifecycle': postLifecycle,
  'POST metrics': postMetrics,
  'GET iam': getIam,
  'POST iam': postIam,
  'GET evaluations': getEvaluations,
  'PUT eventbridge': putEventBridge,
  'GET stats': getStats,
  'DELETE stats': resetStats,
}
