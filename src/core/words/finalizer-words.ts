/** What to do about a finalizer that somebody else set, and that keeps what has to go. */
export function finalizerWords(finalizer: string): string {
  return `Find out who set ${finalizer}; where they are gone for good, take it out of its metadata.finalizers`
}
