#include "compute/adapter/group.h"

#include "compute/i18n.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const places[] = {"all", "text", "ends", "down", "mid", "up"};
static const char *const kinds[] = {"all", "self", "cross", "ff", "linear", "conv", "norm"};

// ---- where a layer is ---------------------------------------------------------------------------

static void find_place(const struct adapter_param *p, struct layer_group *g)
{
    static const char down[] = "down_blocks.", up[] = "up_blocks.";
    g->level = -1;
    if (!g_str_equal(p->part, MODEL_UNET)) {
        g->place = LAYER_TEXT;
    } else if (g_str_has_prefix(p->path, down)) {
        g->place = LAYER_DOWN;
        g->level = atoi(p->path + strlen(down));
    } else if (g_str_has_prefix(p->path, up)) {
        g->place = LAYER_UP;
        g->level = atoi(p->path + strlen(up));
    } else {
        g->place = g_str_has_prefix(p->path, "mid_block.") ? LAYER_MID : LAYER_ENDS;
    }
}

static enum layer_kind find_kind(const struct adapter_param *p)
{
    if (p->weight->rank == 1) {
        return LAYER_NORM;
    }
    if (strstr(p->path, ".attn1.") || strstr(p->path, ".self_attn.")) {
        return LAYER_SELF;
    }
    if (strstr(p->path, ".attn2.")) {
        return LAYER_CROSS;
    }
    if (strstr(p->path, ".ff.") || strstr(p->path, ".mlp.")) {
        return LAYER_FF;
    }
    const bool between = strstr(p->path, ".proj_in") || strstr(p->path, ".proj_out");
    return between || p->weight->rank == 2 ? LAYER_LINEAR : LAYER_CONV;
}

struct layer_group layer_group_of(const struct adapter_param *p)
{
    struct layer_group g = {.kind = find_kind(p)};
    find_place(p, &g);
    return g;
}

bool layer_group_has(struct layer_group group, struct layer_group layer)
{
    return (group.place == LAYER_ANYWHERE || group.place == layer.place) &&
           (group.level < 0 || group.level == layer.level) &&
           (group.kind == LAYER_ANY || group.kind == layer.kind);
}

// ---- names --------------------------------------------------------------------------------------

// The index of the name, 0 where there is none of it: that is "all".
static int find_name(const char *const *names, int n, const char *text, gsize length)
{
    for (int i = 1; i < n; i++) {
        if (strlen(names[i]) == length && strncmp(names[i], text, length) == 0) {
            return i;
        }
    }
    return 0;
}

static bool parse_place(const char *text, gsize length, struct layer_group *g)
{
    gsize word = length;
    while (word > 0 && g_ascii_isdigit(text[word - 1])) {
        word--;
    }
    g->place = (enum layer_place)find_name(places, G_N_ELEMENTS(places), text, word);
    if (word < length) {
        g->level = atoi(text + word);
        return length - word <= 2 && (g->place == LAYER_DOWN || g->place == LAYER_UP);
    }
    return g->place != LAYER_ANYWHERE;
}

static bool parse_kind(const char *text, struct layer_group *g)
{
    g->kind = (enum layer_kind)find_name(kinds, G_N_ELEMENTS(kinds), text, strlen(text));
    return g->kind != LAYER_ANY;
}

bool layer_group_parse(const char *text, struct layer_group *group)
{
    *group = LAYER_ALL;
    const char *dot = strchr(text, '.');
    if (dot) {
        return parse_place(text, (gsize)(dot - text), group) && parse_kind(dot + 1, group);
    }
    return parse_kind(text, group) || parse_place(text, strlen(text), group);
}

char *layer_group_name(struct layer_group group)
{
    g_autofree char *level = group.level < 0 ? g_strdup("") : g_strdup_printf("%d", group.level);
    if (group.place == LAYER_ANYWHERE) {
        return g_strdup(kinds[group.kind]);
    }
    return group.kind == LAYER_ANY
               ? g_strconcat(places[group.place], level, NULL)
               : g_strconcat(places[group.place], level, ".", kinds[group.kind], NULL);
}

static void add_group(GArray *groups, const GArray *layers, struct layer_group group)
{
    for (guint i = 0; i < layers->len; i++) {
        if (layer_group_has(group, g_array_index(layers, struct layer_group, i))) {
            g_array_append_val(groups, group);
            return;
        }
    }
}

GArray *layer_groups(const GArray *layers)
{
    GArray *groups = g_array_new(FALSE, FALSE, sizeof(struct layer_group));
    int deepest = -1;
    for (guint i = 0; i < layers->len; i++) {
        deepest = MAX(deepest, g_array_index(layers, struct layer_group, i).level);
    }
    for (int place = LAYER_TEXT; place <= LAYER_UP; place++) {
        const bool leveled = place == LAYER_DOWN || place == LAYER_UP;
        for (int level = leveled ? 0 : -1; level <= (leveled ? deepest : -1); level++) {
            add_group(groups, layers,
                      (struct layer_group){.place = (enum layer_place)place, .level = level});
        }
    }
    for (int kind = LAYER_SELF; kind <= LAYER_NORM; kind++) {
        add_group(groups, layers, (struct layer_group){.level = -1, .kind = (enum layer_kind)kind});
    }
    return groups;
}

// ---- strengths ----------------------------------------------------------------------------------

#define STRONGEST 10 // as an adapter's scale in documents

// NUMBER, GROUP=NUMBER or PATH=NUMBER.
struct term {
    struct layer_group group;
    char *path; // NULL: the group
    double strength;
};

static void term_clear(struct term *t)
{
    g_free(t->path);
}

// Whether the name of a layer, or of a weight of it, is path or goes on from there.
static bool begins(const char *name, const char *path)
{
    const gsize n = strlen(path);
    return strncmp(name, path, n) == 0 && (name[n] == '.' || name[n] == '\0');
}

static bool has_path(const struct model *m, const char *path)
{
    static const char *const adapted[] = {MODEL_TEXT, MODEL_UNET};
    for (size_t i = 0; i < G_N_ELEMENTS(adapted); i++) {
        const struct nn_part *part = model_part(m, adapted[i]);
        for (guint k = 0; part && k < part->weights->len; k++) {
            if (begins(((const struct nn_weight *)part->weights->pdata[k])->name, path)) {
                return true;
            }
        }
    }
    return false;
}

static bool parse_strength(const char *term, const char *text, double *strength, GError **error)
{
    char *end;
    *strength = g_ascii_strtod(text, &end);
    if (end == text || *end || !(fabs(*strength) <= STRONGEST)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("\"%s\" has no strength from %d to %d"), term, -STRONGEST, STRONGEST);
        return false;
    }
    return true;
}

static bool parse_term(const struct adapter *a, const char *text, struct term *t, GError **error)
{
    const char *equals = strchr(text, '=');
    *t = (struct term){.group = LAYER_ALL};
    if (!parse_strength(text, equals ? equals + 1 : text, &t->strength, error)) {
        return false;
    }
    g_autofree char *name = equals ? g_strndup(text, (gsize)(equals - text)) : NULL;
    if (!name || layer_group_parse(name, &t->group)) {
        return true;
    }
    if (!has_path(a->model, name)) {
        g_set_error(
            error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
            _("%s has no layers called \"%s\"; groups of them are text, ends, down, mid, up, down0 "
              "and so on, and self, cross, ff, linear, conv, norm, and up.cross"),
            a->model->name, name);
        return false;
    }
    t->path = g_steal_pointer(&name);
    return true;
}

static bool is_all(const struct term *t)
{
    return !t->path && t->group.place == LAYER_ANYWHERE && t->group.kind == LAYER_ANY;
}

static bool are_of_same(const struct term *a, const struct term *b)
{
    return g_strcmp0(a->path, b->path) == 0 && a->group.place == b->group.place &&
           a->group.level == b->group.level && a->group.kind == b->group.kind;
}

// The last term that names a layer counts: one before it of the same layers would be given for
// nothing, and so would all where the last is of all.
static bool check_again(const GArray *terms, char **words, GError **error)
{
    const guint last = terms->len - 1;
    const struct term *t = &g_array_index(terms, struct term, last);
    for (guint i = 0; i < last; i++) {
        const struct term *before = &g_array_index(terms, struct term, i);
        if (is_all(t) || are_of_same(before, t)) {
            g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                        is_all(t) && !is_all(before)
                            ? _("behind \"%s\" stands \"%s\", which is for all layers; that comes "
                                "first")
                            : _("\"%s\" and \"%s\" are for the same layers, and there can be one"),
                        words[i], words[last]);
            return false;
        }
    }
    return true;
}

static double strength_of(const struct adapter_param *p, const GArray *terms)
{
    const struct layer_group layer = layer_group_of(p);
    double strength = 1;
    for (guint i = 0; i < terms->len; i++) {
        const struct term *t = &g_array_index(terms, struct term, i);
        if (t->path ? begins(p->path, t->path) : layer_group_has(t->group, layer)) {
            strength = t->strength;
        }
    }
    return strength;
}

// FROM-TO; NULL: all time steps.
static bool parse_range(struct adapter *a, const char *text, GError **error)
{
    int from, to, end = 0;
    if (!text) {
        return adapter_set_range(a, 0, a->model->sched.train_steps, error);
    }
    if (sscanf(text, "%9d-%9d%n", &from, &to, &end) != 2 || text[end]) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("\"@%s\" does not say in which time steps: @FROM-TO does, as @0-700"), text);
        return false;
    }
    return adapter_set_range(a, from, to, error);
}

bool adapter_set_strengths(struct adapter *a, const char *text, GError **error)
{
    const char *at = strchr(text, '@');
    g_autofree char *list = at ? g_strndup(text, (gsize)(at - text)) : g_strdup(text);
    g_auto(GStrv) words = g_strsplit(list, ",", 0);
    g_autoptr(GArray) terms = g_array_new(FALSE, FALSE, sizeof(struct term));
    g_array_set_clear_func(terms, (GDestroyNotify)term_clear);
    for (int i = 0; words[i] || i == 0; i++) { // no words are one that is empty
        struct term t;
        if (!parse_term(a, words[i] ? words[i] : "", &t, error)) {
            return false;
        }
        g_array_append_val(terms, t);
        if (!check_again(terms, words, error)) {
            return false;
        }
    }
    if (!parse_range(a, at ? at + 1 : NULL, error)) {
        return false;
    }
    for (guint i = 0; i < a->params->len; i++) {
        struct adapter_param *p = a->params->pdata[i];
        p->strength = strength_of(p, terms);
    }
    g_free(a->strengths);
    a->strengths = g_steal_pointer(&list);
    return true;
}

// "@FROM-TO", or nothing.
static char *range_text(const struct adapter *a)
{
    return adapter_acts_always(a)
               ? g_strdup("")
               : g_strdup_printf("@%d-%d", a->from, a->to ? a->to : a->model->sched.train_steps);
}

char *adapter_strength_text(const struct adapter *a)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(number, sizeof number, "%g", a->scale);
    g_autofree char *range = range_text(a);
    return !a->strengths   ? g_strconcat(number, range, NULL)
           : a->scale == 1 ? g_strconcat(a->strengths, range, NULL)
                           : g_strconcat(number, " * ", a->strengths, range, NULL);
}

char *adapters_text(struct adapter *const *list, int n)
{
    GString *text = g_string_new("");
    for (int i = 0; i < n; i++) {
        g_autofree char *strength = adapter_strength_text(list[i]);
        g_string_append_printf(text, "%s%s:%s", i ? "; " : "", list[i]->name, strength);
    }
    return g_string_free(text, FALSE);
}
