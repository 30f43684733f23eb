// The words of claims, what is kept of a trial, and the page that is made of it.
#include "ui/claims/claims.h"
#include "ui/claims/page.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

// ---- words --------------------------------------------------------------------------------------

static void test_margins(void)
{
    g_assert_cmpfloat(claim_margin(CLAIM_ABOVE, 0, 0.5, 0.75), ==, 0.25);
    g_assert_cmpfloat(claim_margin(CLAIM_ABOVE, 0, -0.5, -0.75), ==, -0.25);
    g_assert_cmpfloat(claim_margin(CLAIM_BELOW, 0, 2, 1.5), ==, 0.5);
    g_assert_cmpfloat(claim_margin(CLAIM_NEAR, 10, 2, 11), ==, 1);
    g_assert_cmpfloat(claim_margin(CLAIM_NEAR, 10, 2, 7), ==, -1);
    g_assert_true(isnan(claim_margin(CLAIM_SHOWN, 0, 0, 1)));
}

static void test_words(void)
{
    static const struct {
        double margins[3];
        int n;
        enum claim_word word;
    } cases[] = {
        {{0.3, 0.2, 0.4}, 3, CLAIM_HOLDS},   // far above its spread of 0.1
        {{0.9, -0.3, 0.3}, 3, CLAIM_WEAK},   // the mean is above 0, and not above its spread
        {{0.1, 0.1, 0.1}, 3, CLAIM_HOLDS},   // all the same
        {{0, 0, 0}, 3, CLAIM_FAILS},         // nothing is no difference
        {{-0.3, 0.1, 0.1}, 3, CLAIM_FAILS},  // two of three are not enough
        {{5}, 1, CLAIM_WEAK},                // one seed has no spread
        {{-5}, 1, CLAIM_FAILS},              //
        {{NAN, 0.2, 0.2}, 3, CLAIM_HOLDS},   // a seed that is not done yet
        {{NAN, NAN, 0.2}, 3, CLAIM_WEAK},    //
        {{NAN, NAN, NAN}, 3, CLAIM_UNTRIED}, //
        {{0}, 0, CLAIM_UNTRIED},             //
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_cmpint(claim_judge(cases[i].margins, cases[i].n), ==, cases[i].word);
    }
    g_assert_cmpstr(claim_word_text(CLAIM_FAILS), ==, "does not hold here");
}

static void test_spread(void)
{
    double mean, deviation;
    g_assert_cmpint(claim_spread((const double[]){1, 2, NAN, 3}, 4, &mean, &deviation), ==, 3);
    g_assert_cmpfloat(mean, ==, 2);
    g_assert_cmpfloat(deviation, ==, 1);
    g_assert_cmpint(claim_spread((const double[]){7}, 1, &mean, &deviation), ==, 1);
    g_assert_true(mean == 7 && isnan(deviation));
}

// ---- what is kept -------------------------------------------------------------------------------

static void test_finding(void)
{
    g_autofree char *dir = g_dir_make_tmp("tincture-test-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "x.json", NULL);
    g_autoptr(GError) error = NULL;
    struct finding *f = finding_new();
    finding_put(f, 0.1, "%s.likeness", "a");
    finding_put(f, 3, "whole");
    finding_put(f, NAN, "none");
    finding_show(f, "a.png", "<%d>", 1);
    g_assert_true(finding_write(f, path, "these", &error));
    finding_free(f);
    g_assert_null(finding_read(path, "others"));
    f = finding_read(path, "these");
    g_assert_cmpfloat(finding_get(f, "a.likeness"), ==, 0.1);
    g_assert_cmpfloat(finding_get(f, "whole"), ==, 3);
    g_assert_true(isnan(finding_get(f, "none")));
    const struct finding_picture *p = f->pictures->pdata[0];
    g_assert_cmpstr(p->file, ==, "a.png");
    g_assert_cmpstr(p->words, ==, "<1>");
    finding_free(f);

    static const char *const bad[] = {
        "",
        "{\"of\": \"these\", \"numbers\": {",
        "[]",
        "{\"of\": 1, \"numbers\": {}, \"pictures\": []}",
        "{\"of\": \"these\", \"pictures\": []}",
        "{\"of\": \"these\", \"numbers\": [], \"pictures\": []}",
        "{\"of\": \"these\", \"numbers\": {\"a\": \"b\"}, \"pictures\": []}",
        "{\"of\": \"these\", \"numbers\": {\"a\": null}, \"pictures\": []}",
        "{\"of\": \"these\", \"numbers\": {}, \"pictures\": [[\"a.png\"]]}",
        "{\"of\": \"these\", \"numbers\": {}, \"pictures\": [[\"../a.png\", \"up\"]]}",
        "{\"of\": \"these\", \"numbers\": {}, \"pictures\": [[1, 2]]}",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_true(g_file_set_contents(path, bad[i], -1, NULL));
        g_assert_null(finding_read(path, "these"));
    }
    g_remove(path);
    g_rmdir(dir);
}

// ---- the page -----------------------------------------------------------------------------------

static int claims_count(void)
{
    int n = 0;
    while (claim_table[n]) {
        n++;
    }
    return n;
}

static void test_table(void)
{
    for (int i = 0; claim_table[i]; i++) {
        const struct claim *c = claim_table[i];
        int judged = 0;
        g_assert_true(c->name && c->title && c->summary && c->source && c->how && c->run);
        g_assert_cmpfloat(c->cost, >, 0);
        for (const struct claim_row *row = c->rows; row->key; row++) {
            g_assert_true(row->says != NULL);
            judged += row->rule != CLAIM_SHOWN;
        }
        g_assert_cmpint(judged, >, 0);
        g_assert_true(family_find(claim_family, c->name) == &c->member);
    }
}

static void test_page(void)
{
    const int n = claims_count(), seeds = 2;
    g_autofree struct finding **findings = g_new0(struct finding *, n * seeds);
    struct finding *one = finding_new(), *two = finding_new();
    const struct claim_row *row = claim_table[0]->rows;
    finding_put(one, row->limit + 0.25, "%s", row->key);
    finding_put(two, row->limit + 0.5, "%s", row->key);
    finding_show(one, "a b.png", "<what> & that");
    findings[0] = one;
    findings[1] = two;
    const char *const kinds[] = {NULL};
    const struct page page = {.model = "a <model>",
                              .hash = "0123456789abcdef0123",
                              .machine = "here",
                              .seconds = 120,
                              .kinds = kinds,
                              .findings = (const struct finding *const *)findings,
                              .seeds = seeds};
    double mean, deviation;
    g_assert_cmpint(page_word(&page, 0, row, &mean, &deviation), ==, CLAIM_HOLDS);
    g_assert_cmpfloat(mean, ==, row->limit + 0.375);
    g_assert_cmpint(page_word(&page, 0, row + 1, &mean, &deviation), ==, CLAIM_UNTRIED);
    g_autofree char *html = page_html(&page), *text = page_markdown(&page);
    g_assert_nonnull(strstr(html, "a &lt;model&gt;"));
    g_assert_nonnull(strstr(html, "src=\"pictures/a%20b.png\" alt=\"&lt;what&gt; &amp; that\""));
    g_assert_nonnull(strstr(html, "2 of 2 seeds"));
    g_assert_nonnull(strstr(text, "| holds |"));
    // What was not tried is not on it.
    g_autofree char *second = g_strdup_printf("<section id=\"%s\">", claim_table[1]->name);
    g_assert_null(strstr(html, second));
    finding_free(one);
    finding_free(two);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/claims/margins", test_margins);
    g_test_add_func("/claims/words", test_words);
    g_test_add_func("/claims/spread", test_spread);
    g_test_add_func("/claims/finding", test_finding);
    g_test_add_func("/claims/table", test_table);
    g_test_add_func("/claims/page", test_page);
    return g_test_run();
}
