/** An estate as teams have it before Landfall comes. */
import {
  CreateBucketCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { CreateTopicCommand } from '@aws-sdk/client-sns'
import { HOME, type InitWorld, REPLICAS, SOURCE } from './init-world.ts'
import { makeRole, trusting } from './sandbox-roles.ts'

export const TOPIC = `arn:aws:sns:eu-west-1:${HOME}:antivirus`

/** The estate of the team's own manual: V1 rules, an antivirus topic, MFA delete, lifecycles that only expire. */
export async function asItStands(world: Pick<InitWorld, 'ireland' | 'london'>): Promise<void> {
  const { ireland, london } = world
  await makeRole(
    ireland,
    'replication',
    trusting({ Service: 's3.amazonaws.com' }),
    {
      Effect: 'Allow',
      Action: ['s3:GetReplicationConfiguration', 's3:ListBucket', 's3:GetObjectVersion', 's3:GetObjectVersionAcl'],
      Resource: '*',
    },
    { Effect: 'Allow', Action: ['s3:ReplicateObject', 's3:ReplicateDelete'], Resource: '*' },
  )
  const bucket = async (s3: S3Client, Bucket: string, days: number): Promise<void> => {
    await s3.send(new CreateBucketCommand({ Bucket }))
    const Rules = [{ ID: 'expire', Status: 'Enabled' as const, Filter: { Prefix: '' }, Expiration: { Days: days } }]
    await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }))
    const VersioningConfiguration = { Status: 'Enabled' as const, MFADelete: 'Enabled' as const }
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration, MFA: 'device 123456' }))
  }
  await bucket(ireland.s3, SOURCE, 180)
  await bucket(london.s3, REPLICAS, 7)
  await ireland.sns.send(new CreateTopicCommand({ Name: 'antivirus' }))
  await ireland.s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: SOURCE,
      NotificationConfiguration: {
        TopicConfigurations: [{ Id: 'antivirus', TopicArn: TOPIC, Events: ['s3:ObjectCreated:*'] }],
      },
    }),
  )
  await ireland.s3.send(
    new PutBucketReplicationCommand({
      Bucket: SOURCE,
      ReplicationConfiguration: {
        Role: `arn:aws:iam::${HOME}:role/replication`,
        Rules: [{ ID: 'all', Status: 'Enabled', Prefix: '', Destination: { Bucket: `arn:aws:s3:::${REPLICAS}` } }],
      },
    }),
  )
}
