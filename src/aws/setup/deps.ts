/** What every step of a set-up has at hand. */
import type { Step } from '../../domain/setup/change.ts'
import type { Aws } from '../clients.ts'

export type SetupAws = Pick<Aws, 's3' | 'sqs' | 'iam' | 'sns'>
export type StepOf<Name extends Step['do']> = Extract<Step, { readonly do: Name }>
