// Where an edit is made, as options say it.
#include "ui/cli/cli.h"

#include "render/file.h"
#include "render/refine.h"

#include <stdio.h>

// Four whole numbers with commas between them, and nothing behind.
static bool parse_region(const char *text, struct image_region *r)
{
    int *const to[] = {&r->x, &r->y, &r->width, &r->height};
    g_auto(GStrv) words = g_strsplit(text, ",", 0);
    bool ok = g_strv_length(words) == G_N_ELEMENTS(to);
    for (guint i = 0; ok && i < G_N_ELEMENTS(to); i++) {
        gint64 value = 0;
        ok = g_ascii_string_to_signed(words[i], 10, 0, IMAGE_MAX_SIDE, &value, NULL);
        *to[i] = (int)value;
    }
    return ok;
}

static bool read_region(const struct cli *c, struct image_region *region, GError **error)
{
    if (!parse_region(c->region, region)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--region needs X,Y,W,H in pixels of the photo, not \"%s\"", c->region);
        return false;
    }
    return true;
}

bool cli_place_check(const struct cli *c, GError **error)
{
    struct image_region region;
    return !c->region || g_str_equal(c->region, "auto") || read_region(c, &region, error);
}

bool cli_region(const struct cli *c, const struct photo *p, struct image_region *region,
                GError **error)
{
    *region = (struct image_region){0};
    if (!c->region) {
        return true;
    }
    return read_region(c, region, error) && photo_check_region(p, region, error);
}

bool cli_edit_region(const struct cli *c, const struct photo *p, const struct raster *mask,
                     const struct edit_request *request, struct image_region *region,
                     GError **error)
{
    if (g_strcmp0(c->region, "auto") != 0) {
        return cli_region(c, p, region, error);
    }
    if (!engine_suggest_region(c->engine, p, mask, *request, region, &cli_task, error)) {
        return false;
    }
    cli_progress_end();
    printf("region: %d,%d,%d,%d\n", region->x, region->y, region->width, region->height);
    return true;
}

bool cli_mask(const struct cli *c, const struct photo *p, struct raster **mask, GError **error)
{
    *mask = NULL;
    if (!c->mask) {
        return true;
    }
    struct image *image = cli_image_load(c->mask, error);
    *mask = image ? photo_mask(p, image, c->mask, error) : NULL;
    image_free(image);
    if (*mask && c->mask_reach > 0) {
        const struct image_region all = {0, 0, p->full->width, p->full->height};
        struct raster *drawn = *mask;
        *mask = refine_selection(p->full, &all, drawn, c->mask_reach, &cli_task, error);
        raster_free(drawn);
    }
    return *mask != NULL;
}

// The selections of all words, one after the other; NULL with an error.
static struct mask *select_words(const struct cli *c, const struct photo *p,
                                 const struct image_region *region,
                                 const struct edit_request *request, GError **error)
{
    struct mask *all = NULL;
    for (int i = 0; c->selections[i]; i++) {
        const struct engine_choice choice = {.word = c->selections[i]};
        struct mask *one = engine_select(c->engine, p, region, *request, &choice, &cli_task, error);
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

bool cli_select(const struct cli *c, const struct photo *p, const struct image_region *region,
                const struct edit_request *request, struct raster **mask, GError **error)
{
    struct engine_place place;
    if (!c->selections) {
        return true;
    }
    struct mask *selected = select_words(c, p, region, request, error);
    bool ok = selected && engine_place(c->engine, p, selected, region, &place, &cli_task, error) &&
              add_raster(place.mask, mask, error);
    if (ok) { // a weak model may find half of the photo
        cli_progress_end();
        printf("selected: %.0f %% of the photo\n", 100 * raster_mean(place.mask));
    }
    mask_unref(selected);
    return ok;
}
