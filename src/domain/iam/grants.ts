/**
 * Every action that Landfall's code calls, for whom, on what, and why: the one table that policies and docs/iam.md are made
 * of. A test runs the code and holds it against the table, both ways (test/faults/iam.test.ts).
 *
 * Sources: Service authorization reference (S3, SQS, CloudWatch, STS, IAM); S3 user guide, "Required permissions for S3 API
 * operations", "Granting permissions for Batch Operations"; CloudWatch API reference, "PutCompositeAlarm".
 */
import { DOCTOR_GRANTS } from './grants-doctor.ts'
import { DUMP_GRANTS } from './grants-dumps.ts'
import { PAIR_GRANTS } from './grants-pairs.ts'
import { SERVICE_GRANTS } from './grants-service.ts'
import type { Grant } from './grant.ts'

/** In the order of docs/iam.md. */
export const GRANTS: readonly Grant[] = [...PAIR_GRANTS, ...SERVICE_GRANTS, ...DUMP_GRANTS, ...DOCTOR_GRANTS]
