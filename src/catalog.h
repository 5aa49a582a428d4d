/*
 * What is there to run: the built-in workloads and implementations, the workers, and the
 * user's own files and modules. Everything is found relative to the running program.
 */
#ifndef DCB_CATALOG_H
#define DCB_CATALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "model.h"

struct dcb_error;

struct dcb_catalog {
    char *data_dir;    /* holds workloads/, impls/ and support/ */
    char *libexec_dir; /* holds dcbench-worker-3.N */
};

/* Where the program stands comes from /proc/self/exe. Clear what was opened. */
int dcb_catalog_open(struct dcb_catalog *ret_catalog, struct dcb_error *err);
void dcb_catalog_clear(struct dcb_catalog *catalog);

enum dcb_catalog_part { DCB_CATALOG_IMPLS, DCB_CATALOG_WORKLOADS };

/* Names of the built-in ones, in the order they are shown. */
struct dcb_names {
    char **items;
    size_t count;
};

int dcb_catalog_names(const struct dcb_catalog *catalog, enum dcb_catalog_part part,
                      struct dcb_names *ret_names, struct dcb_error *err);
void dcb_names_clear(struct dcb_names *names);

/*
 * The name of a built-in one's file, with or without folders before it; owned by the
 * caller. memo_opt.py is memo-opt. numbers_.py is numbers: a file called numbers.py would
 * hide Python's own module from every file beside it, whose folder is importable.
 */
char *dcb_catalog_name(const char *path);

/* First line of the docstring of a built-in one; owned by the caller, never NULL. */
char *dcb_catalog_summary(const struct dcb_catalog *catalog, enum dcb_catalog_part part,
                          const char *name);

/*
 * Resolves [LABEL=]SPEC: a built-in name, FILE.py[:ATTR], MODULE:ATTR, and for workloads
 * FILE.json and FILE.pkl. A file must exist; a module is looked for by the worker. Errors
 * are DCB_ERROR_USAGE and name the nearest built-in for a typo.
 */
int dcb_catalog_resolve(const struct dcb_catalog *catalog, enum dcb_catalog_part part,
                        const char *text, bool allow_pickle, struct dcb_spec *ret_spec,
                        struct dcb_error *err);

/* The worker for a version ("3.13"), or for NULL the newest. Both results are owned by
 * the caller. */
int dcb_catalog_worker(const struct dcb_catalog *catalog, const char *version,
                       char **ret_path, char **ret_version, struct dcb_error *err);

/* The library that counts libc's malloc in workers that count memory; owned by the
 * caller. NULL with the reason where it is not there: a build with a sanitizer has none.
 */
char *dcb_catalog_malloc_library(const struct dcb_catalog *catalog,
                                 struct dcb_error *err);

/* Versions of all workers, the oldest first; none is no error. Clear with
 * dcb_names_clear. */
int dcb_catalog_workers(const struct dcb_catalog *catalog, struct dcb_names *ret_versions,
                        struct dcb_error *err);

/* The Python version a virtual environment was made for ("3.11"), from its pyvenv.cfg. */
int dcb_catalog_venv_version(const char *venv, char **ret_version, struct dcb_error *err);

#endif
