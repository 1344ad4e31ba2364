import type { Facts } from '../errors.js';
import { lookup } from '../json.js';

/** Error codes of the operating system, and a few of our own, in words. */
const SYSTEM_REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is not a folder',
  EEXIST: 'something that is not a folder is in its place',
  EISDIR: 'it is a folder',
  ENOTREG: 'it is not a regular file',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'its name is too long',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota of this user is used up',
  EFBIG: 'it is larger than the limit for files',
  EROFS: 'the disk is read-only',
  EIO: 'the disk failed',
  ENXIO: 'no program reads the pipe',
  ETIMEDOUT: 'the program that reads the pipe takes nothing',
  ELOCKED: 'another process is changing it',
};

/** The reason of a failure for people: a system error code in words, any other reason unchanged. */
export function describeReason(reason: Facts[string]): string | undefined {
  if (reason === undefined) return undefined;
  return lookup(SYSTEM_REASONS, String(reason)) ?? String(reason);
}
