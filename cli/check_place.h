/* Whether code that a baseline file names may be that of another checkout. */
#ifndef CLI_CHECK_PLACE_H
#define CLI_CHECK_PLACE_H

/*
 * `path` is absolute, and comes out of the file `baseline`. Where it lies neither below
 * the current folder nor in its git working tree, and a file of the same name is in the
 * current folder or in the baseline file's, or of the same name and folders below the top
 * of this working tree, then that other file, owned by the caller. NULL where there is
 * none: the path is what is meant.
 */
char *cli_check_file_here(const char *path, const char *baseline);

#endif
