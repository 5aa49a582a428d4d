#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "event_names.h"
#include "strbuf.h"
#include "unit.h"

static void pmus_have_a_family(void **state)
{
    static const struct {
        const char *pmu;
        enum dcb_event_family family;
    } cases[] = {
        {"hsw_ep", DCB_FAMILY_SKYLAKE},
        {"skx", DCB_FAMILY_SKYLAKE},
        {"icx", DCB_FAMILY_SKYLAKE},
        {"spr", DCB_FAMILY_INTEL},
        {"gnr", DCB_FAMILY_INTEL},
        {"adl_glc", DCB_FAMILY_INTEL},
        {"adl_grt", DCB_FAMILY_OTHER}, /* its iTLB-loads are something else again */
        {"glm", DCB_FAMILY_OTHER},
        {"amd64_fam17h_zen2", DCB_FAMILY_ZEN},
        {"amd64_fam19h_zen4", DCB_FAMILY_ZEN},
        {"amd64_fam1ah_zen5", DCB_FAMILY_ZEN},
        {"amd64_fam15h_interlagos", DCB_FAMILY_OTHER},
        {"arm_n1", DCB_FAMILY_ARM},
        {"arm_v2", DCB_FAMILY_ARM},
        {"arm_ac53", DCB_FAMILY_ARM},
        {"arm_ac76", DCB_FAMILY_ARM},
        {"arm_ac57", DCB_FAMILY_CORTEX57},
        {"arm_ac72", DCB_FAMILY_CORTEX57},
        {"arm_thunderx2", DCB_FAMILY_OTHER},
        {"power9", DCB_FAMILY_OTHER},
        {"", DCB_FAMILY_OTHER},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (dcb_event_family(cases[i].pmu, NULL) != cases[i].family)
            fail_msg("%s is not of family %d", cases[i].pmu, (int)cases[i].family);
    }
}

/* What libpfm4 finds counts more than what /proc/cpuinfo says. */
static void pmu_goes_before_cpuinfo(void **state)
{
    (void)state;
    assert_int_equal(dcb_event_family("skl", "vendor_id\t: AuthenticAMD\n"
                                             "cpu family\t: 25\n"),
                     DCB_FAMILY_SKYLAKE);
}

static void cpuinfo_tells_a_family(void **state)
{
    static const struct {
        const char *cpuinfo;
        enum dcb_event_family family;
    } cases[] = {
        {"processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 26\nmodel\t\t: 2\n",
         DCB_FAMILY_ZEN},
        {"vendor_id\t: HygonGenuine\ncpu family\t: 24\n", DCB_FAMILY_ZEN},
        {"vendor_id\t: AuthenticAMD\ncpu family\t: 21\n", DCB_FAMILY_OTHER},
        {"vendor_id\t: AuthenticAMD\n", DCB_FAMILY_OTHER},
        {"vendor_id\t: GenuineIntel\ncpu family\t: 6\n", DCB_FAMILY_INTEL},
        {"vendor_id\t: GenuineIntel\ncpu family\t: 15\n", DCB_FAMILY_OTHER},
        {"CPU implementer\t: 0x41\nCPU part\t: 0xd0c\n", DCB_FAMILY_ARM},
        {"CPU implementer\t: 0x41\nCPU part\t: 0xd08\n", DCB_FAMILY_CORTEX57},
        {"CPU implementer\t: 0x00\nCPU part\t: 0x051\n", DCB_FAMILY_ARM},
        {"CPU implementer\t: 0x43\nCPU part\t: 0x0af\n", DCB_FAMILY_OTHER},
        {"not vendor_id\t: GenuineIntel\ncpu family\t: 6\n", DCB_FAMILY_OTHER},
        {"vendor_id", DCB_FAMILY_OTHER}, /* cut short */
        {"vendor_idGenuineIntel\ncpu family\t: 6\n", DCB_FAMILY_OTHER},
        {"\n\n", DCB_FAMILY_OTHER},
        {"", DCB_FAMILY_OTHER},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (dcb_event_family(NULL, cases[i].cpuinfo) != cases[i].family)
            fail_msg("case %zu is not of family %d", i, (int)cases[i].family);
    }
}

static void every_pmu_row_has_names_everywhere(void **state)
{
    (void)state;
    for (int family = 0; family < DCB_FAMILY_COUNT; family++) {
        assert_true(strlen(dcb_event_family_name(family)) > 0);
        for (size_t i = 0; i < DCB_ROW_COUNT; i++) {
            const struct dcb_event_name *names =
                dcb_event_names(family, dcb_rows[i].name);

            if (dcb_rows[i].source == DCB_ROW_PMU)
                assert_non_null(names[0].text);
            else
                assert_null(names);
        }
        assert_null(dcb_event_names(family, "no-such-row"));
    }
}

/* The order that the header states, and texts that fit their places. */
static void check_names(const struct dcb_event_name *names, const char *row)
{
    bool proxies = false;
    size_t count = 0;

    for (; names->text; names++) {
        bool proxy = names->quality == DCB_QUALITY_PROXY;

        if (proxies && !proxy)
            fail_msg("%s: exact '%s' behind a proxy", row, names->text);
        if (!*names->text && count && proxy == proxies)
            fail_msg("%s: the generic event is not the first of its kind", row);
        assert_int_equal(proxy, strlen(names->counts) > 0);
        if (strlen(names->counts) > 38)
            fail_msg("'%s' is longer than 38 bytes", names->counts);
        proxies = proxy;
        count++;
    }
    assert_in_range(count, 1, 8);
}

static void names_keep_the_order(void **state)
{
    (void)state;
    for (int family = 0; family < DCB_FAMILY_COUNT; family++) {
        for (size_t i = 0; i < DCB_ROW_COUNT; i++) {
            if (dcb_rows[i].source == DCB_ROW_PMU)
                check_names(dcb_event_names(family, dcb_rows[i].name), dcb_rows[i].name);
        }
    }
}

/* A family without a list of its own for a row takes that of its elder. */
static void elder_families_lend_their_lists(void **state)
{
    (void)state;
    assert_ptr_equal(dcb_event_names(DCB_FAMILY_INTEL, "LLC-loads"),
                     dcb_event_names(DCB_FAMILY_SKYLAKE, "LLC-loads"));
    assert_ptr_not_equal(dcb_event_names(DCB_FAMILY_INTEL, "L1-dcache-load-misses"),
                         dcb_event_names(DCB_FAMILY_SKYLAKE, "L1-dcache-load-misses"));
    assert_ptr_equal(dcb_event_names(DCB_FAMILY_CORTEX57, "cycles"),
                     dcb_event_names(DCB_FAMILY_ARM, "cycles"));
    assert_ptr_not_equal(dcb_event_names(DCB_FAMILY_CORTEX57, "dTLB-load-misses"),
                         dcb_event_names(DCB_FAMILY_ARM, "dTLB-load-misses"));
}

/* The traps of the kernel's tables. */
static void vendors_differ(void **state)
{
    const struct dcb_event_name *names = dcb_event_names(DCB_FAMILY_ZEN, "LLC-loads");

    (void)state;
    for (; names->text; names++)
        assert_true(*names->text); /* AMD has no generic one */
    names = dcb_event_names(DCB_FAMILY_SKYLAKE, "dTLB-loads");
    assert_string_equal(names[0].text, "");
    assert_string_equal(names[0].counts, "all loads");
    names = dcb_event_names(DCB_FAMILY_ZEN, "dTLB-loads");
    assert_string_equal(names[0].counts, "accesses of the second-level DTLB");
    names = dcb_event_names(DCB_FAMILY_ARM, "L1-dcache-loads");
    assert_string_equal(names[0].text, "L1D_CACHE_RD");
    assert_int_equal(names[0].quality, DCB_QUALITY_EXACT);
    names = dcb_event_names(DCB_FAMILY_CORTEX57, "L1-dcache-loads");
    assert_string_equal(names[0].text, "");
    assert_int_equal(names[0].quality, DCB_QUALITY_EXACT);
}

static void rows_have_a_stimulus(void **state)
{
    (void)state;
    assert_int_equal(dcb_event_stimulus("cycles"), DCB_STIMULUS_LOOP);
    assert_int_equal(dcb_event_stimulus("instructions"), DCB_STIMULUS_LOOP);
    assert_int_equal(dcb_event_stimulus("branches"), DCB_STIMULUS_LOOP);
    assert_int_equal(dcb_event_stimulus("branch-misses"), DCB_STIMULUS_BRANCHES);
    assert_int_equal(dcb_event_stimulus("L1-dcache-load-misses"), DCB_STIMULUS_MEMORY);
    assert_int_equal(dcb_event_stimulus("LLC-loads"), DCB_STIMULUS_MEMORY);
    assert_int_equal(dcb_event_stimulus("dTLB-load-misses"), DCB_STIMULUS_PAGES);
    assert_int_equal(dcb_event_stimulus("iTLB-loads"), DCB_STIMULUS_NONE);
    assert_int_equal(dcb_event_stimulus("page-faults"), DCB_STIMULUS_NONE);
    assert_int_equal(dcb_event_stimulus("skl::INST_RETIRED"), DCB_STIMULUS_NONE);
}

/* ---- docs/counters.md ---- */

#define DOC   "docs/counters.md"
#define BEGIN "<!-- made by build/tests/test_event_names --update -->\n"
#define END   "<!-- end -->\n"

/* The families in the order in which people look for them. */
static const enum dcb_event_family shown[] = {DCB_FAMILY_SKYLAKE,  DCB_FAMILY_INTEL,
                                              DCB_FAMILY_ZEN,      DCB_FAMILY_ARM,
                                              DCB_FAMILY_CORTEX57, DCB_FAMILY_OTHER};

static void append_summary(struct dcb_strbuf *out)
{
    dcb_strbuf_append(out, "| row |");
    for (size_t i = 0; i < COUNT(shown); i++)
        dcb_strbuf_appendf(out, " %s |", dcb_event_family_name(shown[i]));
    dcb_strbuf_append(out, "\n|---|---|---|---|---|---|---|\n");
    for (size_t row = 0; row < DCB_ROW_COUNT; row++) {
        if (dcb_rows[row].source != DCB_ROW_PMU)
            continue;
        dcb_strbuf_appendf(out, "| %s |", dcb_rows[row].name);
        for (size_t i = 0; i < COUNT(shown); i++) {
            const struct dcb_event_name *first =
                dcb_event_names(shown[i], dcb_rows[row].name);

            dcb_strbuf_appendf(out, " %s |", *first->counts ? first->counts : "exact");
        }
        dcb_strbuf_append(out, "\n");
    }
}

/* Families with one list share a line. */
static void append_family(struct dcb_strbuf *out, const char *row, size_t at)
{
    const struct dcb_event_name *names = dcb_event_names(shown[at], row);
    const char *between = "| ";

    for (size_t i = 0; i < at; i++) {
        if (dcb_event_names(shown[i], row) == names)
            return;
    }
    for (size_t i = at; i < COUNT(shown); i++) {
        if (dcb_event_names(shown[i], row) != names)
            continue;
        dcb_strbuf_appendf(out, "%s%s", between, dcb_event_family_name(shown[i]));
        between = "; ";
    }
    between = " | ";
    for (; names->text; names++) {
        dcb_strbuf_append(out, between);
        if (*names->text)
            dcb_strbuf_appendf(out, "`%s`", names->text);
        else
            dcb_strbuf_appendf(out, "`perf::%s`", row);
        if (*names->counts)
            dcb_strbuf_appendf(out, " (%s)", names->counts);
        between = "<br>";
    }
    dcb_strbuf_append(out, " |\n");
}

static struct dcb_strbuf make_tables(void)
{
    struct dcb_strbuf out = DCB_STRBUF_INIT;

    append_summary(&out);
    for (size_t row = 0; row < DCB_ROW_COUNT; row++) {
        if (dcb_rows[row].source != DCB_ROW_PMU)
            continue;
        dcb_strbuf_appendf(&out, "\n### %s\n\n%s\n\n| CPU | events |\n|---|---|\n",
                           dcb_rows[row].name, dcb_rows[row].meaning);
        for (size_t i = 0; i < COUNT(shown); i++)
            append_family(&out, dcb_rows[row].name, i);
    }
    return out;
}

/* The page, and where its tables begin and end. */
static char *read_doc(char **ret_begin, char **ret_end)
{
    char *text = scratch_read(DOC);

    *ret_begin = strstr(text, BEGIN);
    *ret_end = strstr(text, END);
    if (!*ret_begin || !*ret_end)
        fail_msg("%s has lost the marks of its tables", DOC);
    *ret_begin += strlen(BEGIN);
    return text;
}

static void document_has_the_tables(void **state)
{
    struct dcb_strbuf tables;
    char *text, *begin, *end;
    bool equal;

    (void)state;
    if (access(DOC, R_OK) != 0 && access("docs", R_OK) != 0) {
        print_message("SKIPPED: not in the source tree\n");
        skip();
    }
    text = read_doc(&begin, &end);
    tables = make_tables();
    equal = tables.length == (size_t)(end - begin) &&
            memcmp(tables.text, begin, tables.length) == 0;
    dcb_strbuf_clear(&tables);
    free(text);
    if (!equal)
        fail_msg("%s is not as the tables are; --update writes it anew", DOC);
}

static int update(void)
{
    struct dcb_strbuf tables = make_tables();
    char *begin, *end, *text = read_doc(&begin, &end);
    FILE *file = fopen(DOC, "w");
    bool done = file && fprintf(file, "%.*s%s%s", (int)(begin - text), text, tables.text,
                                end) >= 0;

    done = file && fclose(file) == 0 && done;
    if (!done)
        perror(DOC);
    dcb_strbuf_clear(&tables);
    free(text);
    return done ? 0 : 1;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pmus_have_a_family),
        cmocka_unit_test(pmu_goes_before_cpuinfo),
        cmocka_unit_test(cpuinfo_tells_a_family),
        cmocka_unit_test(every_pmu_row_has_names_everywhere),
        cmocka_unit_test(names_keep_the_order),
        cmocka_unit_test(elder_families_lend_their_lists),
        cmocka_unit_test(vendors_differ),
        cmocka_unit_test(rows_have_a_stimulus),
        cmocka_unit_test(document_has_the_tables),
    };

    if (argc > 1 && strcmp(argv[1], "--update") == 0)
        return update();

    return cmocka_run_group_tests_name("event_names", tests, NULL, NULL);
}
