#include "verified.h"

#include <stdlib.h>
#include <string.h>

#include "strbuf.h"
#include "utf8.h"
#include "verify.h"
#include "xalloc.h"

/* Of a text in a sentence, in characters; what is longer is cut in its middle. */
enum { NAME_WIDTH = 60, TEXT_WIDTH = 100 };

static char *copy_or_null(const char *text)
{
    return text ? dcb_xstrdup(text) : NULL;
}

/* ---- what is kept ---- */

static struct dcb_verified_case first_failure(const struct dcb_verify_impl *impl)
{
    for (size_t i = 0; i < impl->finding_count; i++) {
        const struct dcb_verify_finding *finding = &impl->findings[i];

        if (dcb_case_outcome_is_wrong(finding->outcome))
            return (struct dcb_verified_case){
                .battery = finding->battery,
                .name = copy_or_null(finding->name),
                .expected = copy_or_null(finding->expected),
                .got = copy_or_null(finding->got),
                .expression = copy_or_null(finding->expression),
            };
    }
    return (struct dcb_verified_case){.name = NULL};
}

/* Why there is no verdict. */
static char *why_unknown(const struct dcb_verify_impl *impl,
                         const struct dcb_verify_sum *sum)
{
    if (impl->failure)
        return dcb_xstrdup(impl->failure);
    for (size_t i = 0; i < DCB_BATTERY_COUNT; i++) {
        if (impl->batteries[i].asked && impl->batteries[i].missing)
            return dcb_xstrdup(impl->batteries[i].missing);
    }
    if (sum->unasked == 0)
        return dcb_xstrdup("no case could be asked");
    return dcb_xasprintf("%llu of %llu cases were not asked",
                         (unsigned long long)sum->unasked,
                         (unsigned long long)sum->cases);
}

struct dcb_verified dcb_verified_of(const struct dcb_verify_impl *impl)
{
    struct dcb_verify_sum sum = dcb_verify_sum(impl);
    struct dcb_verified verified = {.asked = true,
                                    .verdict = dcb_verify_verdict(impl),
                                    .cases = sum.cases,
                                    .passed = sum.passed,
                                    .wrong = sum.wrong,
                                    .deviating = sum.deviating,
                                    .skipped = sum.skipped,
                                    .first = first_failure(impl)};

    if (verified.verdict == DCB_VERIFY_UNKNOWN)
        verified.reason = why_unknown(impl, &sum);
    return verified;
}

void dcb_verified_clear(struct dcb_verified *verified)
{
    free(verified->reason);
    free(verified->first.name);
    free(verified->first.expected);
    free(verified->first.got);
    free(verified->first.expression);
    *verified = (struct dcb_verified){.asked = false};
}

/* ---- in words ---- */

static void append_cut(struct dcb_strbuf *out, const char *before, const char *text,
                       size_t width)
{
    char *cut;

    if (!text)
        return;
    cut = dcb_utf8_shorten(text, width);
    dcb_strbuf_append(out, before);
    dcb_strbuf_append(out, cut);
    free(cut);
}

/* A word that the shell takes as one may stand as it is; any other in quotes. */
static void append_word(struct dcb_strbuf *out, const char *word)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:./@%,";

    if (word[strspn(word, plain)] == '\0') {
        dcb_strbuf_append(out, word);
        return;
    }
    dcb_strbuf_append(out, "\"");
    for (; *word; word++) {
        if (strchr("\"\\$`", *word))
            dcb_strbuf_append(out, "\\");
        dcb_strbuf_append_bytes(out, word, 1);
    }
    dcb_strbuf_append(out, "\"");
}

/* .../impls/memo_opt.py is memo-opt. */
static char *builtin_name(const char *path)
{
    const char *slash = strrchr(path, '/'), *start = slash ? slash + 1 : path;
    size_t length = strlen(start);
    char *name = dcb_xstrndup(start, length > 3 ? length - 3 : length);

    for (char *c = name; *c; c++)
        *c = *c == '_' ? '-' : *c;
    return name;
}

/* What -i is to be told. */
static char *text_of(const struct dcb_spec *spec, const char *path)
{
    bool own_attr = spec->attr && strcmp(spec->attr, "deepcopy") != 0;
    char *name, *text;

    if (spec->kind == DCB_SPEC_MODULE)
        return dcb_xasprintf("%s=%s:%s", spec->label, spec->module ? spec->module : "?",
                             spec->attr ? spec->attr : "deepcopy");
    if (!spec->builtin)
        return dcb_xasprintf("%s=%s%s%s", spec->label, path ? path : "?",
                             own_attr ? ":" : "", own_attr ? spec->attr : "");
    name = builtin_name(path ? path : spec->label);
    if (!path || strcmp(name, spec->label) == 0)
        text = dcb_xstrdup(spec->label);
    else
        text = dcb_xasprintf("%s=%s", spec->label, name);
    free(name);
    return text;
}

static char *wrong_sentence(const struct dcb_verified *verified,
                            const struct dcb_spec *spec, const char *path)
{
    const struct dcb_verified_case *first = &verified->first;
    struct dcb_strbuf out = DCB_STRBUF_INIT;
    uint64_t asked = verified->passed + verified->wrong + verified->deviating;
    char *text = text_of(spec, path);

    dcb_strbuf_appendf(
        &out, "%s is not a correct deepcopy: %llu of %llu cases of verify %s",
        spec->label, (unsigned long long)verified->wrong, (unsigned long long)asked,
        verified->wrong == 1 ? "fails" : "fail");
    append_cut(&out, verified->wrong == 1 ? ": " : ", the first: ", first->name,
               NAME_WIDTH);
    append_cut(&out, ": expected ", first->expected, TEXT_WIDTH);
    append_cut(&out, first->expected ? ", got " : ": ", first->got, TEXT_WIDTH);
    dcb_strbuf_append(&out, "; see 'dcbench verify -i ");
    append_word(&out, text);
    dcb_strbuf_append(&out, "'");
    free(text);
    return dcb_strbuf_take(&out);
}

char *dcb_verified_sentence(const struct dcb_verified *verified,
                            const struct dcb_spec *spec, const char *path)
{
    if (verified->verdict == DCB_VERIFY_WRONG)
        return wrong_sentence(verified, spec, path);
    if (verified->verdict == DCB_VERIFY_CORRECT)
        return dcb_xasprintf(
            "%s is a correct deepcopy in %llu cases of verify", spec->label,
            (unsigned long long)(verified->passed + verified->deviating));
    return dcb_xasprintf("whether %s is a correct deepcopy is not known: %s", spec->label,
                         verified->reason ? verified->reason : "no reason given");
}
