/* The self-test's report as JSON, schema dcbench-selftest/1 (docs/selftest.schema.json).
 */
#ifndef DCB_JSON_SELFTEST_H
#define DCB_JSON_SELFTEST_H

struct dcb_selftest;

/* Of a self-test that was judged. Ends in a newline; owned by the caller. Text that is
 * not UTF-8 has '?' in place of the bad bytes. */
char *dcb_json_selftest(const struct dcb_selftest *selftest);

#endif
