import { expect, it } from 'vitest'
import { playSimulated } from './simulated.ts'

it('tells the walk-through to its end: a canary on real data, a promotion, a rollback, and claims that stay', () => {
  const lines: string[] = []
  playSimulated((line) => lines.push(line))
  const told = lines.join(' ').replaceAll(/\s+/g, ' ')
  const inOrder = [
    'redis-canary-2 ready on data-redis-stable-2 v7',
    'redis-canary · · redis:7.0.5',
    'kubectl scale statefulset redis-stable --replicas=3',
    'Making room: redis-stable-2 must be gone',
    'moving redis-stable-0 to the new version',
    'data of Redis 7 7 7',
    'redis-canary-2 failed: ErrImagePull',
    'was rejected (redis-canary-2 cannot get its image) and is not tried again',
    'All replicas run redis:7.0.5.',
    'Left: data-redis-stable-0 (Redis 7), data-redis-stable-1 (Redis 7), data-redis-stable-2 (Redis 7)',
  ]
  let from = 0
  for (const line of inOrder) {
    const at = told.indexOf(line, from)
    expect(at, `"${line}" comes after what was told before it`).toBeGreaterThanOrEqual(from)
    from = at
  }
})
