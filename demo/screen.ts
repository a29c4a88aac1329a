/**
 * What the demo prints: one line per thing that happened, each with the seconds since the start. Only layout is here;
 * which lines there are is decided in live.ts and walk-through.ts.
 */

const width = 118
const indent = 12
const subjectWidth = 16

export interface Screen {
  /** Seconds since the start. */
  seconds(): number
  heading(text: string): void
  /** A command, as a person would type it. */
  command(text: string): void
  /** Something happened to a subject (a pod, the resource). */
  event(subject: string, text: string): void
  /** What was found, good or bad. */
  finding(isGood: boolean, text: string): void
  /** Text of several lines, as another program printed it. */
  output(text: string): void
  say(text: string): void
}

/** A screen whose clock starts now, unless it is given another. Bold and dim only where a terminal shows them. */
export function createScreen(
  write: (line: string) => void,
  isTerminal: boolean,
  seconds: () => number = stopwatch(),
): Screen {
  const styled = (code: number, text: string) => (isTerminal ? `\u001B[${code}m${text}\u001B[0m` : text)
  const stamp = () => styled(2, `${seconds().toFixed(1).padStart(7)} s  `)
  return {
    seconds,
    heading: (text) => write(`\n${styled(1, text)}`),
    command: (text) => write(`${stamp()}${styled(1, `$ ${text}`)}`),
    event: (subject, text) => write(`${stamp()}${subject.padEnd(subjectWidth)} ${wrapped(text)}`),
    finding: (isGood, text) => write(`${stamp()}${isGood ? 'ok ' : 'NOT OK '} ${text}`),
    output: (text) => write(text.replaceAll(/^/gm, ' '.repeat(indent))),
    say: (text) => write(text),
  }
}

function stopwatch(): () => number {
  const start = performance.now()
  return () => (performance.now() - start) / 1000
}

/** Breaks a long sentence between words, so that it stays in its column. */
function wrapped(text: string): string {
  const room = width - indent - subjectWidth
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join(`\n${' '.repeat(indent + subjectWidth + 1)}`)
}
