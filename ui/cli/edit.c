#include "ui/cli/cli.h"

#include "render/signed.h"
#include "ui/core/export_options.h"

#include <stdio.h>
#include <string.h>

// One edit of one photo, and the file that it goes to.
struct editing {
    struct cli *c;
    struct photo *photo;
    struct engine_place place;
    struct edit_request request;
    const char *path;
};

static char *recipe_of(const struct editing *e, const struct edit_result *r, int width, int height)
{
    const struct engine_made made = {width, height, r->precision};
    return engine_recipe(&e->request, &e->place, e->c->engine->model,
                         (struct adapter **)e->c->loaded->pdata, (int)e->c->loaded->len, &made);
}

static bool write_raw(const struct editing *e, const struct edit_result *r, GError **error)
{
    struct image *image = image_from_signed(r->rgb, r->width, r->height, error);
    g_autofree char *recipe = image ? recipe_of(e, r, image->width, image->height) : NULL;
    const bool ok = image && cli_image_write(e->c, e->path, image, recipe, error);
    image_free(image);
    return ok;
}

static bool write_full(const struct editing *e, const struct edit_result *r, GError **error)
{
    struct detail *detail =
        engine_detail(e->c->engine, e->photo, &e->place, &e->request, r, &cli_task, error);
    if (!detail) {
        return false;
    }
    const struct image_rows rows = detail_rows(detail);
    g_autofree char *recipe = recipe_of(e, r, rows.width, rows.height);
    const bool ok = cli_rows_write(e->c, e->path, &rows, e->photo->full, recipe, error);
    detail_free(detail);
    return ok;
}

static bool edit_one(const struct editing *e, GError **error)
{
    struct edit_result *r =
        engine_edit(e->c->engine, e->photo, &e->place, e->request, &cli_task, error);
    const bool ok = r && (e->c->raw ? write_raw(e, r, error) : write_full(e, r, error));
    edit_result_free(r);
    return ok;
}

// ---- variations ---------------------------------------------------------------------------------

// out.png, or out-1.png, out-2.png where variations are asked for: they are all known before.
static GPtrArray *targets(const struct cli *c)
{
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    const char *name = strrchr(c->out, '/'), *dot = strrchr(name ? name : c->out, '.');
    const int stem = (int)(dot ? dot - c->out : (ptrdiff_t)strlen(c->out));
    if (!c->variations) {
        g_ptr_array_add(paths, g_strdup(c->out));
    }
    for (int i = 1; i <= c->variations; i++) {
        g_ptr_array_add(paths, g_strdup_printf("%.*s-%d%s", stem, c->out, i, dot ? dot : ""));
    }
    return paths;
}

static bool check_targets(const struct cli *c, const GPtrArray *paths, GError **error)
{
    for (guint i = 0; i < paths->len; i++) {
        if (!cli_image_check(c, paths->pdata[i], error)) {
            return false;
        }
    }
    return true;
}

static bool edit_all(struct editing *e, const GPtrArray *paths, GError **error)
{
    for (guint i = 0; i < paths->len; i++, e->request.seed++) {
        e->path = paths->pdata[i];
        if (!edit_one(e, error)) {
            return false;
        }
        if (e->c->variations) {
            cli_progress_end();
            printf("%s: seed %" G_GUINT64_FORMAT "\n", e->path, e->request.seed);
        }
    }
    return true;
}

// ---- the command --------------------------------------------------------------------------------

static bool edit_photo(struct editing *e, const GPtrArray *paths, GError **error)
{
    struct image_region region;
    struct raster *mask = NULL;
    bool ok = cli_mask(e->c, e->photo, &mask, error) &&
              cli_edit_region(e->c, e->photo, mask, &e->request, &region, error) &&
              cli_select(e->c, e->photo, &region, &e->request, &mask, error) &&
              engine_place_raster(e->photo, mask, &region, &e->place, error) &&
              cli_hint(e->c, e->photo, &e->place.region, 0, 0, &e->request, error) &&
              edit_all(e, paths, error);
    raster_free(mask);
    return ok;
}

static bool run(struct cli *c, GError **error)
{
    if (c->variations) {
        edit_settings_vary(c->settings);
    }
    struct editing e = {.c = c, .request = cli_request(c)};
    g_autoptr(GPtrArray) paths = targets(c);
    bool ok = check_targets(c, paths, error) && cli_engine(c, error) && cli_adapters(c, error) &&
              cli_control(c, error) && (e.photo = cli_photo(c, c->image, error)) &&
              edit_photo(&e, paths, error);
    photo_unref(e.photo);
    return ok;
}

const struct cli_command edit_command = {
    .name = "edit",
    .summary = "Change a photo by a prompt",
    .usage = "",
    .settings = edit_settings,
    .also = export_settings,
    .options =
        (const char *const[]){
            "model",           "vae",         "device",      "precision", "image",     "prompt",
            "source-prompt",   "negative",    "model-style", "adapter",   "embedding", "set",
            "preset",          "seed",        "size",        "region",    "mask",      "mask-reach",
            "select",          "weight",      "variations",  "raw",       "control",   "hint",
            "hint-from-photo", "recipe-from", "out",         NULL},
    .needed = (const char *const[]){"image", "prompt", "out", NULL},
    .run = run,
};
