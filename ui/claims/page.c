#include "ui/claims/page.h"

#include "ui/core/html.h"

#include <math.h>

static const char style[] =
    "body { font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; }\n"
    "table { border-collapse: collapse; width: 100%; margin: 1em 0; }\n"
    "th, td { border-bottom: 1px solid #8886; padding: .3em .6em; text-align: left; "
    "vertical-align: top; }\n"
    "td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }\n"
    "td.word { white-space: nowrap; font-weight: bold; }\n"
    "figure { display: inline-block; margin: 0 .6em .6em 0; width: 128px; "
    "vertical-align: top; }\n"
    "figure img { width: 128px; height: auto; image-rendering: auto; border: 1px solid #8886; }\n"
    "figcaption { font-size: 12px; line-height: 1.3; }\n"
    "small { opacity: .8; }\n";

// What the words mean, where they stand.
static const char rule_text[] =
    "<p><b>holds</b>: the mean over the seeds is on the claimed side of the limit by more than its "
    "standard deviation. <b>holds weakly</b>: it is on that side, but by less, or there is one "
    "seed only. <b>does not hold here</b>: it is not. The limit is 0 where the statement names "
    "none; the spread is the standard deviation over the seeds.</p>\n";

static void add_cell(GString *html, const char *tag, const char *text)
{
    g_string_append_printf(html, "<%s>", tag);
    html_add_text(html, text);
    g_string_append_printf(html, "</%s>", tag);
}

static const struct finding *found(const struct page *p, int claim, int seed)
{
    return p->findings[claim * p->seeds + seed];
}

// The values of a key over the seeds; NAN where there is none.
static double *values_of(const struct page *p, int claim, const char *key)
{
    double *values = g_new(double, p->seeds);
    for (int s = 0; s < p->seeds; s++) {
        const struct finding *f = found(p, claim, s);
        values[s] = f ? finding_get(f, "%s", key) : NAN;
    }
    return values;
}

enum claim_word page_word(const struct page *p, int claim, const struct claim_row *row,
                          double *mean, double *deviation)
{
    g_autofree double *values = values_of(p, claim, row->key);
    g_autofree double *margins = g_new(double, p->seeds);
    claim_spread(values, p->seeds, mean, deviation);
    for (int s = 0; s < p->seeds; s++) {
        margins[s] = claim_margin(row->rule, row->want, row->limit, values[s]);
    }
    return claim_judge(margins, p->seeds);
}

// "-" where there is no number.
static char *number_text(int decimals, double value)
{
    return !isfinite(value) ? g_strdup("-")
           : decimals < 0   ? g_strdup_printf("%.*g", -decimals, value)
                            : g_strdup_printf("%.*f", decimals, value);
}

// What is above or below something is a difference, which has a sign.
static char *row_text(const struct claim_row *row, double value)
{
    const bool plus = value > 0 && (row->rule == CLAIM_ABOVE || row->rule == CLAIM_BELOW);
    g_autofree char *text = number_text(row->decimals, value);
    return g_strconcat(plus ? "+" : "", text, NULL);
}

// ---- statements ---------------------------------------------------------------------------------

static void add_row(GString *html, const struct page *p, int claim, const struct claim_row *row)
{
    double mean, deviation;
    const enum claim_word word = page_word(p, claim, row, &mean, &deviation);
    g_autofree char *ours = row_text(row, mean);
    g_autofree char *spread = number_text(row->decimals, deviation);
    const bool shown = row->rule == CLAIM_SHOWN;
    g_string_append_printf(html, "<tr id=\"%s-%s\">", claim_table[claim]->name, row->key);
    add_cell(html, "td", row->says);
    add_cell(html, "td", row->paper ? row->paper : "-");
    g_string_append_printf(html, "<td class=\"number\">%s</td><td class=\"number\">%s</td>", ours,
                           spread);
    g_string_append_printf(html, "<td class=\"word\">%s</td></tr>\n",
                           shown ? "" : claim_word_text(word));
}

static void add_rows(GString *html, const struct page *p, int claim)
{
    g_string_append(html, "<table>\n<tr><th>what</th><th>paper</th><th>ours</th><th>spread</th>"
                          "<th></th></tr>\n");
    for (const struct claim_row *row = claim_table[claim]->rows; row->key; row++) {
        add_row(html, p, claim, row);
    }
    g_string_append(html, "</table>\n");
}

// ---- numbers side by side -----------------------------------------------------------------------

static void add_value(GString *html, const struct page *p, int claim, const char *line,
                      const char *column)
{
    const int decimals = claim_table[claim]->table->decimals;
    g_autofree char *key = g_strdup_printf("%s.%s", line, column);
    g_autofree double *values = values_of(p, claim, key);
    double mean, deviation;
    claim_spread(values, p->seeds, &mean, &deviation);
    g_autofree char *ours = number_text(decimals, mean);
    g_autofree char *spread = number_text(decimals, deviation);
    const bool alone = !isfinite(deviation) || deviation == 0;
    g_string_append_printf(html, "<td class=\"number\">%s%s%s</td>", ours, alone ? "" : " &#177; ",
                           alone ? "" : spread);
}

static void add_table(GString *html, const struct page *p, int claim)
{
    const struct claim_table *t = claim_table[claim]->table;
    if (!t) {
        return;
    }
    g_string_append(html, "<table>\n<tr><th></th>");
    if (t->paper) {
        add_cell(html, "th", t->paper_title);
    }
    for (int c = 0; t->columns[c]; c++) {
        add_cell(html, "th", t->columns[c]);
    }
    g_string_append(html, "</tr>\n");
    for (int l = 0; t->lines[l]; l++) {
        g_string_append(html, "<tr>");
        add_cell(html, "td", t->lines[l]);
        if (t->paper) {
            add_cell(html, "td", t->paper[l]);
        }
        for (int c = 0; t->columns[c]; c++) {
            add_value(html, p, claim, t->lines[l], t->columns[c]);
        }
        g_string_append(html, "</tr>\n");
    }
    g_string_append(html, "</table>\n");
}

// ---- a claim ------------------------------------------------------------------------------------

// Those of the first seed that was tried: others show the same.
static void add_pictures(GString *html, const struct page *p, int claim)
{
    const struct finding *f = NULL;
    for (int s = 0; !f && s < p->seeds; s++) {
        f = found(p, claim, s);
    }
    for (guint i = 0; f && i < f->pictures->len; i++) {
        const struct finding_picture *picture = f->pictures->pdata[i];
        g_autofree char *name = g_uri_escape_string(picture->file, NULL, FALSE);
        g_string_append_printf(html, "<figure><img src=\"pictures/%s\" alt=\"", name);
        html_add_text(html, picture->words);
        g_string_append(html, "\"/>");
        add_cell(html, "figcaption", picture->words);
        g_string_append(html, "</figure>\n");
    }
}

static int tried(const struct page *p, int claim)
{
    int count = 0;
    for (int s = 0; s < p->seeds; s++) {
        count += found(p, claim, s) != NULL;
    }
    return count;
}

static void add_claim(GString *html, const struct page *p, int claim)
{
    const struct claim *c = claim_table[claim];
    g_string_append_printf(html, "<section id=\"%s\">\n<h2>", c->name);
    html_add_text(html, c->title);
    g_string_append(html, "</h2>\n<p>");
    html_add_text(html, c->summary);
    g_string_append(html, ". <small>");
    html_add_text(html, c->source);
    g_string_append_printf(html, "; %d of %d seeds.</small></p>\n<p>", tried(p, claim), p->seeds);
    html_add_text(html, c->how);
    g_string_append(html, "</p>\n");
    add_rows(html, p, claim);
    add_table(html, p, claim);
    add_pictures(html, p, claim);
    g_string_append(html, "</section>\n");
}

// ---- the measures -------------------------------------------------------------------------------

static void add_measures(GString *html, const struct page *p)
{
    g_string_append(
        html,
        "<section id=\"measures\">\n<h2>How it is measured</h2>\n<p><b>Likeness</b> is that of the "
        "image network's own features, place by place, between a drawing and the subject: 0 is "
        "how alike the model's own pictures of the class are, 1 how alike other photos of the "
        "subject are, that were not learned. <b>Text</b> is how often the model, without any "
        "adapter, finds the drawing more likely under its own sentence (without the new word) than "
        "under one of three others; 0.5 is chance. No other network has a part in it. "
        "<b>Told apart</b> is how often other photos of the subject come out more alike than what "
        "is "
        "not it, the model's own pictures of the class or photos of the other subjects; 0.5 is "
        "chance, and much below 1 the likeness is not to be believed.</p>\n"
        "<table>\n<tr><th>subject</th><th>told apart from its class</th>"
        "<th>from other subjects</th><th>features' cosine, class</th><th>other photos</th></tr>\n");
    for (int i = 0; p->about && p->kinds[i]; i++) {
        g_string_append(html, "<tr>");
        add_cell(html, "td", p->kinds[i]);
        g_string_append_printf(
            html,
            "<td class=\"number\">%.2f</td><td class=\"number\">%.2f</td>"
            "<td class=\"number\">%.3f</td><td class=\"number\">%.3f</td></tr>\n",
            finding_get(p->about, "%s.class", p->kinds[i]),
            finding_get(p->about, "%s.others", p->kinds[i]),
            finding_get(p->about, "%s.zero", p->kinds[i]),
            finding_get(p->about, "%s.one", p->kinds[i]));
    }
    g_string_append(html, "</table>\n</section>\n");
}

char *page_html(const struct page *p)
{
    GString *html = html_begin("What the papers claim, tried here", style);
    g_string_append(html, "<h1>What the papers claim, tried here</h1>\n<p>");
    html_add_text(html, p->model);
    g_string_append_printf(html, " <small>(%.16s)</small>, ", p->hash);
    html_add_text(html, p->machine);
    g_string_append_printf(html, ", %.0f minutes of work. Seeds 1 to %d.</p>\n", p->seconds / 60,
                           p->seeds);
    if (p->quick) {
        g_string_append(html,
                        "<p><b>This was a quick run, to see that everything works: what was "
                        "learned is next to nothing, and the words below say nothing.</b></p>\n");
    }
    g_string_append(html, rule_text);
    for (int i = 0; claim_table[i]; i++) {
        if (tried(p, i) > 0) {
            add_claim(html, p, i);
        }
    }
    add_measures(html, p);
    g_string_append(html, "</body>\n</html>\n");
    return g_string_free(html, FALSE);
}

char *page_markdown(const struct page *p)
{
    GString *text = g_string_new("| claim | what | paper | ours | spread | |\n"
                                 "|---|---|---|---|---|---|\n");
    for (int i = 0; claim_table[i]; i++) {
        for (const struct claim_row *row = claim_table[i]->rows; tried(p, i) && row->key; row++) {
            double mean, deviation;
            const enum claim_word word = page_word(p, i, row, &mean, &deviation);
            g_autofree char *ours = row_text(row, mean);
            g_autofree char *spread = number_text(row->decimals, deviation);
            g_string_append_printf(text, "| %s | %s | %s | %s | %s | %s |\n", claim_table[i]->name,
                                   row->says, row->paper ? row->paper : "-", ours, spread,
                                   row->rule == CLAIM_SHOWN ? "" : claim_word_text(word));
        }
    }
    return g_string_free(text, FALSE);
}
