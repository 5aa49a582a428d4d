/*
 * A program in memory pages of its own. All processes that run one file share the pages
 * that the kernel has read it to. Where those lie in memory decides which of its code
 * shares a cache's lines, and stays as it is until the file is written anew: so it is the
 * same for all workers of a run, and another for the next copy of the program. Workers
 * that each run a copy of their own have it in their interval instead
 * (docs/methodology.md, "Between runs").
 */
#ifndef DCB_SPAWN_COPY_H
#define DCB_SPAWN_COPY_H

enum { DCB_SPAWN_LINK = 64 };

/* Copies an ELF program to an anonymous file and writes the path that executes it, as
 * long as the descriptor is open, to `ret_link`. The caller closes the descriptor. -1
 * where there can be no such copy: not enough memory, memory files that may not be
 * executed (vm.memfd_noexec), a /proc that is not this process's, a script. */
int dcb_spawn_copy(const char *program, char ret_link[DCB_SPAWN_LINK]);

#endif
