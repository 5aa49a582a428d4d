/* Files made by hand, and the thread's own. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sched.h>
#include <sys/resource.h>

#include "migrations.h"
#include "unit.h"

static void write_count(const char *path, const char *line)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fprintf(file,
            "python3 (7, #threads: 1)\n-----\nse.exec_start     :     12.5\n%s\n"
            "nr_switches      :     9\n",
            line);
    assert_int_equal(fclose(file), 0);
}

/* The file is read again only where the thread has left its CPU since. */
static void read_again_after_a_switch_only(void **state)
{
    char *root = scratch_new();
    char *path = scratch_file(root, "sched", 0644, "");
    struct dcb_migrations migrations;
    uint64_t count = 0;
    char reason[100];

    (void)state;
    write_count(path, "se.nr_migrations        :          41");
    assert_int_equal(dcb_migrations_open(&migrations, path, reason, sizeof reason), 0);
    assert_true(dcb_migrations_read(&migrations, 10, &count));
    assert_int_equal(count, 41);
    write_count(path, "se.nr_migrations        :          43");
    assert_true(dcb_migrations_read(&migrations, 10, &count));
    assert_int_equal(count, 41);
    assert_true(dcb_migrations_read(&migrations, 11, &count));
    assert_int_equal(count, 43);
    write_count(path, "se.nr_migrations:18446744073709551615");
    assert_true(dcb_migrations_read(&migrations, 12, &count));
    assert_true(count == UINT64_MAX);
    /* A file that goes bad gives no number, and no old one either. */
    write_count(path, "se.nr_migrations is no number");
    assert_false(dcb_migrations_read(&migrations, 13, &count));
    assert_false(dcb_migrations_read(&migrations, 13, &count));
    write_count(path, "se.nr_migrations : 50");
    assert_true(dcb_migrations_read(&migrations, 13, &count));
    assert_int_equal(count, 50);
    dcb_migrations_close(&migrations);
    assert_false(dcb_migrations_read(&migrations, 14, &count));
    dcb_migrations_close(&migrations);
    free(path);
    scratch_remove(root);
}

static void files_without_the_number(void **state)
{
    static const char *const lines[] = {"",
                                        "se.nr_migrations",
                                        "se.nr_migrations : x",
                                        "se.nr_migrations_cold : 3",
                                        "xse.nr_migrations : 3",
                                        "nr_migrations : 3"};
    char *root = scratch_new();
    char *path = scratch_file(root, "sched", 0644, "");
    size_t descriptors = count_descriptors();
    struct dcb_migrations migrations;
    char reason[100];

    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++) {
        write_count(path, lines[i]);
        assert_int_equal(dcb_migrations_open(&migrations, path, reason, sizeof reason),
                         -1);
        assert_contains(reason, "has no se.nr_migrations");
    }
    assert_int_equal(
        dcb_migrations_open(&migrations, "/nonexistent/sched", reason, sizeof reason),
        -1);
    assert_string_equal(reason, "/nonexistent/sched: No such file or directory");
    dcb_migrations_close(&migrations);
    assert_int_equal(count_descriptors(), descriptors);
    free(path);
    scratch_remove(root);
}

static uint64_t switches(void)
{
    struct rusage usage;

    assert_int_equal(getrusage(RUSAGE_THREAD, &usage), 0);
    return (uint64_t)usage.ru_nvcsw + (uint64_t)usage.ru_nivcsw;
}

/* Sends the thread from one of its CPUs to the other, so often. */
static void move(int times, const int *cpus)
{
    for (int i = 0; i < times; i++) {
        cpu_set_t set;

        CPU_ZERO(&set);
        CPU_SET(cpus[i % 2], &set);
        assert_int_equal(sched_setaffinity(0, sizeof set, &set), 0);
    }
}

static void moves_are_counted(void **state)
{
    struct dcb_migrations migrations;
    cpu_set_t all;
    int cpus[2], found = 0;
    uint64_t before, after;
    char reason[100];

    (void)state;
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    for (int i = 0; i < CPU_SETSIZE && found < 2; i++) {
        if (CPU_ISSET(i, &all))
            cpus[found++] = i;
    }
    if (found < 2 || dcb_migrations_open(&migrations, DCB_MIGRATIONS_FILE, reason,
                                         sizeof reason) != 0) {
        print_message("one CPU, or no " DCB_MIGRATIONS_FILE "\n");
        skip();
    }
    move(1, cpus);
    assert_true(dcb_migrations_read(&migrations, switches(), &before));
    move(11, cpus); /* the first of them moves nothing */
    assert_true(dcb_migrations_read(&migrations, switches(), &after));
    assert_int_equal(after - before, 10);
    assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
    dcb_migrations_close(&migrations);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_again_after_a_switch_only),
        cmocka_unit_test(files_without_the_number),
        cmocka_unit_test(moves_are_counted),
    };

    return cmocka_run_group_tests_name("migrations", tests, NULL, NULL);
}
