/**
 * A setting and its edits as a real cluster takes them. The images are one shell script, told by its environment to
 * behave and to keep data as the simulated ones do: another simulated image is another revision of the pod template.
 */
import { annotations } from '../../src/api/v1alpha1/constants.ts'
import type { CanaryStatefulSetInput } from '../../src/api/v1alpha1/types.ts'
import { revisionOf } from '../../src/core/revision.ts'
import { annotated, type Image, type ResourceEdit, type Setting } from './setting.ts'
import { imageOfRevision } from './world.ts'

const port = 8080

/** Opens what it can, writes its own version, and serves until it is told to end. */
const script = `
found=$(cat /data/version 2>/dev/null || echo 0)
case " 0 $OPENS " in *" $found "*) ;; *) exit 1 ;; esac
echo $WRITES > /data/version
[ $BEHAVIOUR = crashes ] && exit 1
trap 'exit 0' TERM
[ $BEHAVIOUR = runs ] && httpd -f -p ${port} &
while :; do sleep 3600 & wait $!; done`

export function manifestOf(namespace: string, setting: Setting): CanaryStatefulSetInput {
  const { replicas, canaryReplicas, image, ordered, ordinalsStart, steps, promotionType, bakeSeconds } =
    setting
  return {
    apiVersion: 'app.example.com/v1alpha1',
    kind: 'CanaryStatefulSet',
    metadata: { name: 'redis', namespace },
    spec: {
      replicas,
      canaryReplicas,
      paused: setting.paused ?? false,
      promotion: { type: promotionType ?? 'manual', bakeSeconds: bakeSeconds ?? 0 },
      rollback: { automatic: setting.automaticRollback ?? true },
      deletionPolicy: setting.deletionPolicy ?? 'Delete',
      volumes: {
        snapshot: setting.snapshots ?? { policy: 'None' },
        onRollback: setting.onRollback ?? 'Restore',
      },
      strategy: {
        steps: [...(steps ?? [])],
        ordinals: setting.fromZero === true ? 'FromZero' : 'Preserve',
        progressDeadlineSeconds: setting.progressDeadlineSeconds ?? 600,
      },
      template: {
        serviceName: 'redis-headless',
        podManagementPolicy: ordered === true ? 'OrderedReady' : 'Parallel',
        ordinals: { start: ordinalsStart ?? 0 },
        revisionHistoryLimit: setting.revisionHistoryLimit ?? 10,
        template: podTemplate(setting, image),
        volumeClaimTemplates: [
          {
            metadata: { name: 'data' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        ],
      },
    },
  }
}

function podTemplate({ images }: Setting, name: string) {
  const image = images[name]
  if (image === undefined) throw new Error(`no image ${name}`)
  return { spec: { terminationGracePeriodSeconds: 5, containers: [container(name, image)] } }
}

function container(name: string, { behaviour, writes, opens }: Image) {
  const env = { NAME: name, BEHAVIOUR: behaviour, WRITES: String(writes), OPENS: opens.join(' ') }
  return {
    name: 'script',
    image: behaviour === 'noImage' ? 'busybox:does-not-exist' : 'busybox:1',
    command: ['sh', '-c', script],
    env: Object.entries(env).map(([variable, value]) => ({ name: variable, value })),
    readinessProbe: { tcpSocket: { port }, periodSeconds: 1 },
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
  }
}

/** What the operator calls the revision with this image. */
export function revisionHash(setting: Setting, image: string): string {
  return revisionOf(podTemplate(setting, image))
}

/** The merge patch of an edit that changes the resource. */
export function patchOf(
  setting: Setting,
  edit: ResourceEdit,
): { readonly metadata?: object; readonly spec?: object } {
  const { image, promotionType, bakeSeconds, steps } = edit
  const values = annotated.flatMap((name) => {
    const value = edit[name]
    return value === undefined ? [] : [[annotations[name], valueOf(setting, value)]]
  })
  const { replicas, canaryReplicas, paused, deletionPolicy, snapshots, onRollback } = edit
  return {
    ...(values.length > 0 && { metadata: { annotations: Object.fromEntries(values) } }),
    spec: {
      replicas,
      canaryReplicas,
      paused,
      deletionPolicy,
      ...((snapshots ?? onRollback) !== undefined && { volumes: { snapshot: snapshots, onRollback } }),
      ...(steps !== undefined && { strategy: { steps } }),
      ...((promotionType ?? bakeSeconds) !== undefined && {
        promotion: { type: promotionType, bakeSeconds },
      }),
      ...(image !== undefined && { template: { template: podTemplate(setting, image) } }),
    },
  }
}

/** A revision is annotated by its hash, any other value as it is. */
function valueOf(setting: Setting, value: string): string {
  const image = imageOfRevision(value)
  return image === value ? value : revisionHash(setting, image)
}
