#include "ui/core/difference.h"

#include "compute/i18n.h"

#include <string.h>

static void add(GString *text, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add(GString *text, const char *format, ...)
{
    if (text->len) {
        g_string_append(text, " · ");
    }
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(text, format, args);
    va_end(args);
}

// Words that both begin with, and then those that both end with, say nothing.
static void strip_common(char ***a, char ***b)
{
    while (**a && **b && g_str_equal(**a, **b)) {
        (*a)++;
        (*b)++;
    }
    guint n = g_strv_length(*a), m = g_strv_length(*b);
    while (n > 0 && m > 0 && g_str_equal((*a)[n - 1], (*b)[m - 1])) {
        g_clear_pointer(&(*a)[--n], g_free);
        g_clear_pointer(&(*b)[--m], g_free);
    }
}

static void add_words(GString *text, const char *before, const char *after)
{
    g_auto(GStrv) old = g_strsplit_set(before, " \t\n", -1);
    g_auto(GStrv) new = g_strsplit_set(after, " \t\n", -1);
    char **gone = old, **come = new;
    strip_common(&gone, &come);
    g_autofree char *from = g_strjoinv(" ", gone), *to = g_strjoinv(" ", come);
    if (*from && *to) {
        add(text, "%s → %s", from, to);
    } else if (*to) {
        add(text, "+ %s", to);
    } else if (*from) {
        add(text, "− %s", from);
    }
}

static void add_setting(GString *text, const struct settings *s, const struct setting *row)
{
    const char *title = translated(row->title);
    const double value = settings_get(s, row->key);
    switch (row->kind) {
    case SETTING_CHOICE:
        add(text, "%s", translated(setting_choice_title(row, settings_int(s, row->key))));
        break;
    case SETTING_SWITCH: add(text, value != 0 ? _("%s on") : _("%s off"), title); break;
    default: add(text, "%s %g", title, value);
    }
}

static void add_settings(GString *text, const struct settings *before, const struct settings *after)
{
    const struct setting *row;
    for (int i = 0; (row = settings_row(after, i, NULL)); i++) {
        // A row that only came into being with another's choice says nothing at its default.
        const double was =
            settings_find(before, row->key, NULL) ? settings_get(before, row->key) : row->def;
        if (was != settings_get(after, row->key)) {
            add_setting(text, after, row);
        }
    }
}

static const struct document_use *find_use(const GArray *uses, gint64 id)
{
    for (guint i = 0; i < uses->len; i++) {
        const struct document_use *use = &g_array_index(uses, struct document_use, i);
        if (use->id == id) {
            return use;
        }
    }
    return NULL;
}

static double scale_of(const struct document_use *use)
{
    return use && use->enabled ? use->scale : 0;
}

static bool same_range(const struct document_use *a, const struct document_use *b)
{
    return !b || (a->from == b->from && a->to == b->to);
}

static void add_adapters(GString *text, const GArray *before, const GArray *after)
{
    for (guint i = 0; i < after->len; i++) {
        const struct document_use *use = &g_array_index(after, struct document_use, i);
        if (scale_of(use) != scale_of(find_use(before, use->id))) {
            add(text, _("Adapter %g"), scale_of(use));
        } else if (use->enabled && !same_range(use, find_use(before, use->id))) {
            add(text, _("Adapter from step %d to %d"), use->from,
                use->to ? use->to : DOCUMENT_TIME_STEPS);
        }
    }
    for (guint i = 0; i < before->len; i++) {
        const struct document_use *use = &g_array_index(before, struct document_use, i);
        if (scale_of(use) != 0 && !find_use(after, use->id)) {
            add(text, _("− Adapter"));
        }
    }
}

static void add_place(GString *text, const struct document *before, const struct document *after)
{
    if (!image_region_equal(&before->region, &after->region)) {
        add(text, _("Region"));
    }
    if (!mask_equal(before->mask, after->mask)) {
        add(text, _("Mask"));
    }
}

static void add_lead(GString *text, const struct lead *before, const struct lead *after)
{
    if (!after->control) {
        if (before->control) {
            add(text, _("− Control"));
        }
        return;
    }
    if (g_strcmp0(before->control, after->control) != 0) {
        g_autofree char *name = g_filename_display_name(after->control);
        add(text, _("Control %.*s"), (int)strcspn(name, "."), name);
    } else if (g_strcmp0(before->hint, after->hint) != 0) {
        add(text, _("Hint"));
    }
    if (before->strength != after->strength) {
        add(text, _("Control %g"), after->strength);
    }
}

char *document_difference(const struct document *before, const struct document *after)
{
    GString *text = g_string_new(NULL);
    add_words(text, document_request(before).prompt, document_request(after).prompt);
    if (!g_str_equal(before->source_prompt, after->source_prompt)) {
        add(text, _("Description"));
    }
    if (!g_str_equal(before->negative, after->negative)) {
        add(text, _("Avoid"));
    }
    add_place(text, before, after);
    add_settings(text, before->edit, after->edit);
    add_lead(text, &before->lead, &after->lead);
    if (before->seed != after->seed) {
        add(text, _("Seed %" PRIu64), after->seed);
    }
    add_adapters(text, before->adapters, after->adapters);
    return g_string_free(text, text->len == 0);
}
