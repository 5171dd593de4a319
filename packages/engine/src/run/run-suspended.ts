/** Ends the execution of a run that has given up its process. Not an error of anybody: whoever executes runs catches it. */
export class RunSuspended extends Error {
  constructor(id: string) {
    super(`run ${id} is suspended`)
    this.name = 'RunSuspended'
  }
}
