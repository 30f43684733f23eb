#include "ui/cli/cli.h"

#include "render/signed.h"

#include "render/file.h"
#include "render/resample.h"

// A mask picture's luma at the photo's size, newly allocated.
static float *read_mask(const char *path, int width, int height, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_commandline_arg(path);
    struct image *image = image_load(file, NULL, error);
    if (!image) {
        return NULL;
    }
    float *mask = g_new(float, (gsize)width *height);
    g_autofree float *plane = g_new(float, (gsize)image->width * image->height);
    for (int64_t i = 0; i < (int64_t)image->width * image->height; i++) {
        plane[i] = (image->rgb[i * 3] + image->rgb[i * 3 + 1] + image->rgb[i * 3 + 2]) / 3.0f;
    }
    resample_plane(plane, image->width, image->height, 1, mask, width, height, RESAMPLE_LINEAR);
    image_free(image);
    return mask;
}

static struct image *finish(struct cli *c, const struct photo *p, const struct edit_result *r,
                            GError **error)
{
    if (c->raw) {
        return image_from_signed(r->rgb, r->width, r->height, error);
    }
    g_autofree float *mask =
        c->mask ? read_mask(c->mask, p->full->width, p->full->height, error) : NULL;
    if (c->mask && !mask) {
        return NULL;
    }
    struct detail_params params = {.mask = mask, .task = &cli_task};
    return engine_restore(c->engine, p->full, r, &params, error);
}

static bool run(struct cli *c, GError **error)
{
    struct photo *p = cli_image_check(c, error) && cli_engine(c, error) && cli_adapters(c, error)
                          ? cli_photo(c, c->image, error)
                          : NULL;
    if (!p) {
        return false;
    }
    struct edit_request q = cli_request(c);
    struct edit_result *r = engine_edit(c->engine, p, q, &cli_task, error);
    struct image *image = r ? finish(c, p, r, error) : NULL;
    bool ok = image != NULL;
    if (ok) {
        g_autofree char *recipe =
            engine_recipe(&q, c->engine->model, (struct adapter **)c->loaded->pdata,
                          (int)c->loaded->len, image->width, image->height);
        ok = cli_image_write(c, image, recipe, error);
    }
    image_free(image);
    edit_result_free(r);
    photo_unref(p);
    return ok;
}

const struct cli_command edit_command = {
    .name = "edit",
    .summary = "Change a photo by a prompt",
    .usage = "",
    .settings = edit_settings,
    .options = (const char *const[]){"model", "device", "image", "prompt", "source-prompt",
                                     "negative", "adapter", "set", "seed", "size", "mask", "raw",
                                     "recipe", "bits", "quality", "out", NULL},
    .needed = (const char *const[]){"image", "prompt", "out", NULL},
    .run = run,
};
