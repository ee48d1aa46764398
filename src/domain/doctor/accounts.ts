/** Who the credentials turn out to be. */
import type { Observed } from '../setup/observed.ts'
import { accountIdOf, type CheckedEstate } from './estate.ts'
import { fail, type Finding, pass, say, type Subject, unknown } from './finding.ts'

export function checkAccounts(estate: CheckedEstate, { identities }: Observed): readonly Finding[] {
  return [...identities].flatMap(([account, seen]) => {
    const subject: Subject = { kind: 'account', name: account, pairs: pairsOf(estate, account) }
    if (seen.is === 'absent') return []
    if (seen.is === 'unknown') {
      const { fault } = seen
      const refused = fault.code === 'AWS_REFUSED' || fault.code === 'ACCESS_DENIED'
      // Refused credentials are no missing grant: nothing can be seen, and nothing watched.
      return refused
        ? [fail('identity.credentials', subject, fault.message, say(fault.hint))]
        : [unknown('identity.credentials', subject, fault)]
    }
    const { accountId, arn } = seen.value
    const wanted = accountIdOf(estate, account)
    const taken = pass('identity.credentials', subject, arn)
    if (accountId === wanted) return [taken, pass('identity.account', subject, accountId)]
    const said = `${arn} is of account ${accountId}, and the configuration says ${wanted}`
    const role = estate.accounts[account]?.roleArn
    const mend = role === undefined ? 'Give Landfall a roleArn there, or mend the id.' : 'Mend its id or its roleArn.'
    return [taken, fail('identity.account', subject, said, say(`accounts.${account}: ${mend}`))]
  })
}

function pairsOf({ pairs }: CheckedEstate, account: string): readonly string[] {
  return pairs
    .filter(({ source, destination }) => source.account === account || destination.account === account)
    .map(({ name }) => name)
}
