/**
 * The one kind of failure that the machine's owner can mend: something the cluster needs is not there.
 * Failures of a build or of a program are ordinary errors and do not belong here.
 */

/**
 * Something is missing on this machine. The message is one sentence for the user: what is missing, what
 * needs it, what to do. The command line prints it alone and ends with exit status 2.
 */
export class Prerequisite extends Error {
  override readonly name = 'Prerequisite'
}
