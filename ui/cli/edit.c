#include "ui/cli/cli.h"

#include "render/signed.h"

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

static struct image *finish(const struct editing *e, const struct edit_result *r, GError **error)
{
    if (e->c->raw) {
        return image_from_signed(r->rgb, r->width, r->height, error);
    }
    return engine_restore(e->c->engine, e->photo, e->photo->full, &e->place, &e->request, r,
                          (struct detail_params){.task = &cli_task}, error);
}

static bool edit_one(const struct editing *e, GError **error)
{
    struct cli *c = e->c;
    struct edit_result *r =
        engine_edit(c->engine, e->photo, &e->place, e->request, &cli_task, error);
    struct image *image = r ? finish(e, r, error) : NULL;
    bool ok = image != NULL;
    if (ok) {
        const struct engine_made made = {image->width, image->height, r->precision};
        g_autofree char *recipe =
            engine_recipe(&e->request, &e->place, c->engine->model,
                          (struct adapter **)c->loaded->pdata, (int)c->loaded->len, &made);
        ok = cli_image_write(c, e->path, image, recipe, error);
    }
    image_free(image);
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
    .options =
        (const char *const[]){
            "model",           "vae",           "device",     "precision",   "image",
            "prompt",          "source-prompt", "negative",   "model-style", "adapter",
            "embedding",       "set",           "preset",     "seed",        "size",
            "region",          "mask",          "mask-reach", "select",      "weight",
            "variations",      "raw",           "recipe",     "control",     "hint",
            "hint-from-photo", "bits",          "quality",    "out",         NULL},
    .needed = (const char *const[]){"image", "prompt", "out", NULL},
    .run = run,
};
