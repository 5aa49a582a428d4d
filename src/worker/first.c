/*
 * Linked before everything else (Makefile). Python's types, None and the small ints are
 * static data, and dictionaries that have types or ids for keys, as deepcopy's table of
 * copiers and its memo, place them by their addresses, bits 4 and up. The kernel moves a
 * program by whole pages only. Were that data to begin anywhere, each build of ours would
 * have other collisions: half a percent of the instructions of a deepcopy, more or less,
 * in every process of that build. So each kind of data begins at a page, whatever else is
 * linked.
 */
#define FIRST __attribute__((aligned(4096)))

extern char worker_first_data[64], worker_first_bss[64], worker_first_runtime[64];

char FIRST worker_first_data[64] = {1};
char FIRST worker_first_bss[64];
/* Where CPython keeps the small ints, from 3.11 on. */
char FIRST __attribute__((section(".PyRuntime"))) worker_first_runtime[64] = {1};
