#include "ui/core/where.h"

#include <math.h>
#include <string.h>

// ---- the frame ----------------------------------------------------------------------------------

static bool parse_pixels(char *const *words, double *const *to)
{
    for (int i = 0; i < 4; i++) {
        gint64 value;
        if (!g_ascii_string_to_signed(words[i], 10, 0, IMAGE_MAX_SIDE, &value, NULL)) {
            return false;
        }
        *to[i] = (double)value;
    }
    return true;
}

static bool parse_shares(char *const *words, double *const *to)
{
    for (int i = 0; i < 4; i++) {
        char *end;
        *to[i] = g_ascii_strtod(words[i], &end);
        if (end == words[i] || !g_str_equal(end, "%") || !(*to[i] >= 0 && *to[i] <= 100)) {
            return false;
        }
    }
    return *to[0] + *to[2] <= 100 && *to[1] + *to[3] <= 100 && *to[2] > 0 && *to[3] > 0;
}

bool frame_rule_parse(const char *text, struct frame_rule *rule)
{
    *rule = (struct frame_rule){.kind = FRAME_WHOLE};
    double *const to[] = {&rule->x, &rule->y, &rule->width, &rule->height};
    if (!text) {
        return true;
    }
    if (g_str_equal(text, "auto")) {
        rule->kind = FRAME_AUTO;
        return true;
    }
    g_auto(GStrv) words = g_strsplit(text, ",", 0);
    rule->kind = strchr(text, '%') ? FRAME_SHARES : FRAME_PIXELS;
    return g_strv_length(words) == G_N_ELEMENTS(to) &&
           (rule->kind == FRAME_SHARES ? parse_shares : parse_pixels)(words, to);
}

bool frame_rule_apply(const struct frame_rule *rule, struct engine *e, const struct photo *p,
                      const struct raster *mask, const struct edit_request *request,
                      struct image_region *region, struct task *task, GError **error)
{
    const bool shares = rule->kind == FRAME_SHARES;
    const double w = shares ? p->full->width / 100.0 : 1, h = shares ? p->full->height / 100.0 : 1;
    *region = (struct image_region){0};
    if (rule->kind == FRAME_WHOLE) {
        return true;
    }
    if (rule->kind == FRAME_AUTO) {
        return engine_suggest_region(e, p, mask, *request, region, task, error);
    }
    region->x = (int)lround(rule->x * w);
    region->y = (int)lround(rule->y * h);
    region->width = (int)lround((rule->x + rule->width) * w) - region->x;
    region->height = (int)lround((rule->y + rule->height) * h) - region->y;
    return photo_check_region(p, region, error);
}

// ---- the mask -----------------------------------------------------------------------------------

// The selections of all words, one after the other; NULL with an error.
static struct mask *select_words(struct engine *e, const struct photo *p,
                                 const struct image_region *region,
                                 const struct edit_request *request, const char *const *words,
                                 struct task *task, GError **error)
{
    struct mask *all = NULL;
    for (int i = 0; words[i]; i++) {
        const struct engine_choice choice = {.word = words[i]};
        struct mask *one = engine_select(e, p, region, *request, &choice, task, error);
        struct mask *with = one ? mask_with(all, mask_last(one)) : NULL;
        mask_unref(all);
        mask_unref(one);
        if (!with) {
            return NULL;
        }
        all = with;
    }
    return all;
}

static bool add_raster(const struct raster *from, struct raster **to, GError **error)
{
    if (!*to && !(*to = raster_new(from->width, from->height, error))) {
        return false;
    }
    for (size_t i = 0; i < (size_t)from->width * from->height; i++) {
        (*to)->values[i] = MAX((*to)->values[i], from->values[i]);
    }
    return true;
}

bool where_words(struct engine *e, const struct photo *p, const struct image_region *region,
                 const struct edit_request *request, const char *const *words, struct raster **mask,
                 double *share, struct task *task, GError **error)
{
    struct engine_place place;
    if (!words) {
        return true;
    }
    struct mask *selected = select_words(e, p, region, request, words, task, error);
    const bool ok = selected && engine_place(e, p, selected, region, &place, task, error) &&
                    add_raster(place.mask, mask, error);
    if (ok) {
        *share = raster_mean(place.mask);
    }
    mask_unref(selected);
    return ok;
}
