#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "event_names.h"
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

int main(void)
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
    };

    return cmocka_run_group_tests_name("event_names", tests, NULL, NULL);
}
