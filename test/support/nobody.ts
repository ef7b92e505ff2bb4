/** Doing something as a user without rights: root may write everywhere, and tests often run as root. */

const nobody = 65_534;

/** Runs `work` with the rights of `nobody` where this process is root, as it is otherwise. */
export async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(nobody);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
