/** Progress for people: one line a step, with the seconds since the command began. */

export type Report = (line: string) => void

export function reporter(): Report {
  const start = performance.now()
  return (line) => {
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    console.log(`${seconds.padStart(6)} s  ${line}`)
  }
}
