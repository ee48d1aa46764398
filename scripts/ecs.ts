/**
 * deploy/ecs/*.json: what `aws ecs register-task-definition`, `create-service` and `aws scheduler create-schedule` take by
 * `--cli-input-json`, once `envsubst` has filled in what is an estate's own (docs/deploy-ecs.md). The SDK's types check them.
 */
import type {
  ContainerDefinition,
  CreateServiceCommandInput,
  KeyValuePair,
  RegisterTaskDefinitionCommandInput,
  Secret,
} from '@aws-sdk/client-ecs'
import type { CreateScheduleCommandInput } from '@aws-sdk/client-scheduler'

/** Landfall, its Redis and its alarms live where the replicas do: they outlive the sources' region. */
const REGION = 'eu-west-2'
const CLUSTER = 'landfall'
const PLATFORM = '1.4.0'
const PORT = 9320

const parameter = (name: string): string => `arn:aws:ssm:${REGION}:\${ACCOUNT}:parameter/landfall/${name}`
const role = (name: string): string => `arn:aws:iam::\${ACCOUNT}:role/${name}`
const secret = (name: string, at: string): Secret => ({ name, valueFrom: parameter(at) })

const ENVIRONMENT: KeyValuePair[] = [
  { name: 'AWS_REGION', value: REGION },
  // ElastiCache answers a write before it is safe on a disk.
  { name: 'LANDFALL_REDIS_DURABILITY', value: 'window' },
]
/** Its URL holds its password. */
const REDIS = secret('REDIS_URL', 'redis-url')
const DATABASE = secret('DATABASE_URL', 'database-url')
const IDENTITY = secret('DUMP_IDENTITY', 'dump-identity')

interface Shape {
  readonly family: string
  readonly image: string
  readonly command: string[]
  /** Units of a vCPU's 1/1024, and MiB. */
  readonly cpu: number
  readonly memory: number
  readonly secrets: Secret[]
  readonly stopTimeout: number
  /** GiB of scratch; absent: Fargate's own 20. */
  readonly scratch?: number
  readonly more?: Partial<ContainerDefinition>
}

function task(shape: Shape): RegisterTaskDefinitionCommandInput {
  const { family, image, command, cpu, memory, secrets, stopTimeout, scratch, more } = shape
  return {
    family,
    requiresCompatibilities: ['FARGATE'],
    networkMode: 'awsvpc',
    runtimePlatform: { cpuArchitecture: 'X86_64', operatingSystemFamily: 'LINUX' },
    cpu: String(cpu),
    memory: String(memory),
    executionRoleArn: role('landfall-execution'),
    taskRoleArn: role(family),
    ...(scratch !== undefined && { ephemeralStorage: { sizeInGiB: scratch } }),
    volumes: [{ name: 'scratch' }],
    containerDefinitions: [
      {
        name: 'landfall',
        image,
        command,
        essential: true,
        user: '1000',
        readonlyRootFilesystem: true,
        linuxParameters: { capabilities: { drop: ['ALL'] } },
        mountPoints: [{ sourceVolume: 'scratch', containerPath: '/scratch', readOnly: false }],
        environment: ENVIRONMENT,
        secrets,
        stopTimeout,
        logConfiguration: {
          logDriver: 'awslogs',
          options: { 'awslogs-group': '/landfall', 'awslogs-region': REGION, 'awslogs-stream-prefix': family },
        },
        ...more,
      },
    ],
  }
}

/** `aws ecs register-task-definition --cli-input-json` */
export const TASKS = {
  service: task({
    family: 'landfall-service',
    image: '${IMAGE}',
    command: ['run'],
    cpu: 512,
    memory: 1024,
    secrets: [REDIS, secret('LANDFALL_HTTP_TOKEN', 'http-token')],
    // Longer than service.shutdownGrace (25 s) and the five seconds on top of it.
    stopTimeout: 40,
    more: {
      portMappings: [{ containerPort: PORT, protocol: 'tcp' }],
      // ECS ignores the image's own.
      healthCheck: {
        command: [
          'CMD',
          'node',
          '-e',
          'fetch(`http://127.0.0.1:${process.env.LANDFALL_HTTP_PORT}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))',
        ],
        interval: 10,
        timeout: 5,
        retries: 3,
        startPeriod: 90,
      },
    },
  }),
  dump: task({
    family: 'landfall-dump',
    image: '${IMAGE}',
    command: ['dump', 'run', '${DUMP}', '--json'],
    cpu: 1024,
    memory: 2048,
    secrets: [REDIS, DATABASE],
    // As long as Fargate allows: an aborted dump takes back its upload.
    stopTimeout: 120,
  }),
  drill: task({
    family: 'landfall-drill',
    image: '${DRILL_IMAGE}',
    command: ['drill', 'dump', '${DUMP}', '--json'],
    cpu: 2048,
    memory: 8192,
    secrets: [REDIS, IDENTITY],
    stopTimeout: 120,
    // The restored database, its indexes and its write-ahead log.
    scratch: 200,
  }),
} as const satisfies Readonly<Record<string, RegisterTaskDefinitionCommandInput>>

/** `aws ecs create-service --cli-input-json` */
export const SERVICE = {
  cluster: CLUSTER,
  serviceName: 'landfall',
  taskDefinition: 'landfall-service',
  launchType: 'FARGATE',
  platformVersion: PLATFORM,
  // They share the work, and either does all of it when the other one's zone is gone.
  desiredCount: 2,
  deploymentConfiguration: {
    // The new ones come before the old ones go: several share the work.
    minimumHealthyPercent: 100,
    maximumPercent: 200,
    deploymentCircuitBreaker: { enable: true, rollback: true },
  },
  networkConfiguration: {
    awsvpcConfiguration: {
      subnets: ['${SUBNET_A}', '${SUBNET_B}'],
      securityGroups: ['${SECURITY_GROUP}'],
      assignPublicIp: 'DISABLED',
    },
  },
  enableECSManagedTags: true,
  propagateTags: 'SERVICE',
} satisfies CreateServiceCommandInput

function schedule(family: string, expression: string): CreateScheduleCommandInput {
  return {
    Name: family,
    ScheduleExpression: expression,
    ScheduleExpressionTimezone: 'Europe/London',
    FlexibleTimeWindow: { Mode: 'OFF' },
    State: 'ENABLED',
    Target: {
      Arn: `arn:aws:ecs:${REGION}:\${ACCOUNT}:cluster/${CLUSTER}`,
      RoleArn: role('landfall-scheduler'),
      EcsParameters: {
        // Without a revision: the newest.
        TaskDefinitionArn: `arn:aws:ecs:${REGION}:\${ACCOUNT}:task-definition/${family}`,
        LaunchType: 'FARGATE',
        PlatformVersion: PLATFORM,
        TaskCount: 1,
        EnableECSManagedTags: true,
        NetworkConfiguration: {
          awsvpcConfiguration: {
            Subnets: ['${SUBNET_A}', '${SUBNET_B}'],
            SecurityGroups: ['${SECURITY_GROUP}'],
            AssignPublicIp: 'DISABLED',
          },
        },
      },
      // Of the call that starts the task, and not of what the task then does.
      RetryPolicy: { MaximumRetryAttempts: 5, MaximumEventAgeInSeconds: 3600 },
      DeadLetterConfig: { Arn: `arn:aws:sqs:${REGION}:\${ACCOUNT}:landfall-schedules-dead` },
    },
  }
}

/** `aws scheduler create-schedule --cli-input-json` */
export const SCHEDULES = {
  dump: schedule('landfall-dump', 'cron(0 2 * * ? *)'),
  // After a night's dump has landed.
  drill: schedule('landfall-drill', 'cron(0 9 ? * MON *)'),
} as const

/** By name in deploy/ecs. */
export function ecsFiles(): ReadonlyMap<string, string> {
  const files: [string, object][] = [
    ...Object.entries(TASKS).map(([name, body]): [string, object] => [`task-${name}.json`, body]),
    ['service.json', SERVICE],
    ...Object.entries(SCHEDULES).map(([name, body]): [string, object] => [`schedule-${name}.json`, body]),
  ]
  return new Map(files.map(([name, body]) => [name, `${JSON.stringify(body, null, 2)}\n`]))
}
