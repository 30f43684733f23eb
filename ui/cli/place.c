// Where an edit is made, as options say it.
#include "ui/cli/cli.h"

#include "render/file.h"
#include "render/refine.h"

#include <stdio.h>

bool cli_frame(const struct cli *c, struct frame_rule *rule, GError **error)
{
    if (!frame_rule_parse(c->region, rule)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--region needs X,Y,W,H in pixels of the photo, or X%%,Y%%,W%%,H%% of its "
                    "sides, not \"%s\"",
                    c->region);
        return false;
    }
    return true;
}

bool cli_place_check(const struct cli *c, GError **error)
{
    struct frame_rule rule;
    return cli_frame(c, &rule, error);
}

bool cli_region(const struct cli *c, const struct photo *p, struct image_region *region,
                GError **error)
{
    struct frame_rule rule;
    if (!cli_frame(c, &rule, error)) {
        return false;
    }
    if (rule.kind == FRAME_AUTO) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--region needs X,Y,W,H in pixels of the photo, or X%%,Y%%,W%%,H%% of its "
                    "sides: auto is for what edits");
        return false;
    }
    return frame_rule_apply(&rule, NULL, p, NULL, NULL, region, NULL, error);
}

bool cli_edit_region(const struct cli *c, const struct photo *p, const struct raster *mask,
                     const struct edit_request *request, struct image_region *region,
                     GError **error)
{
    struct frame_rule rule;
    if (!cli_frame(c, &rule, error) ||
        !frame_rule_apply(&rule, c->engine, p, mask, request, region, &cli_task, error)) {
        return false;
    }
    if (rule.kind == FRAME_AUTO) {
        cli_progress_end();
        printf("region: %d,%d,%d,%d\n", region->x, region->y, region->width, region->height);
    }
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

bool cli_select(const struct cli *c, const struct photo *p, const struct image_region *region,
                const struct edit_request *request, struct raster **mask, GError **error)
{
    double share;
    if (!where_words(c->engine, p, region, request, (const char *const *)c->selections, mask,
                     &share, &cli_task, error)) {
        return false;
    }
    if (c->selections) { // a weak model may find half of the photo
        cli_progress_end();
        printf("selected: %.0f %% of the photo\n", 100 * share);
    }
    return true;
}
