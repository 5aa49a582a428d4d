/*
 * Figures derived from a cell's counters: rates per instruction ("per thousand"), ratios
 * per access, figures per object copied. Each is made of values of one provider. Pure.
 */
#ifndef DCB_DERIVED_H
#define DCB_DERIVED_H

#include <stdbool.h>
#include <stddef.h>

#include "model.h"

struct dcb_cell;
struct dcb_result;
struct dcb_workload_result;

enum dcb_derived_form {
    DCB_DERIVED_RATIO,           /* a / b, both rows */
    DCB_DERIVED_SHARE,           /* the same, shown in percent */
    DCB_DERIVED_PER_THOUSAND,    /* 1000 a / b */
    DCB_DERIVED_PER_OBJECT,      /* a / objects that an iteration copies */
    DCB_DERIVED_PER_SECOND,      /* all of a in all blocks / their time, in seconds */
    DCB_DERIVED_ESTIMATED_CYCLES /* simulation.h */
};

struct dcb_derived_row {
    const char *name;  /* in JSON: "branch_miss_ratio" */
    const char *label; /* in tables: "branch misses/branch" */
    enum dcb_derived_form form;
    const char *a, *b; /* rows; NULL where there is none */
};

enum { DCB_DERIVED_COUNT = 14 };

extern const struct dcb_derived_row dcb_derived_rows[DCB_DERIVED_COUNT];

struct dcb_derived_value {
    double value;               /* NAN: cannot be had */
    enum dcb_provider provider; /* of what it is made of */
    char reason[120];           /* why it cannot be had; "" */
};

/* The value of one derived row in a cell, per iteration where it is per anything. */
struct dcb_derived_value dcb_derived_get(const struct dcb_result *result,
                                         const struct dcb_workload_result *workload,
                                         const struct dcb_cell *cell, size_t index);

#endif
