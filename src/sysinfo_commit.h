/* Which commit a folder's files are at, where it lies in a git repository. */
#ifndef DCB_SYSINFO_COMMIT_H
#define DCB_SYSINFO_COMMIT_H

/*
 * The commit of HEAD in hexadecimal, 40 or 64 digits, owned by the caller; NULL where
 * there is none or anything is not as git writes it. Read from the files of the
 * repository: no process is started, and git's environment variables count for nothing.
 * The folder may lie anywhere in a working tree, of a submodule or of `git worktree` too.
 * Whether files were changed since is not told.
 */
char *dcb_sysinfo_commit(const char *folder);

#endif
