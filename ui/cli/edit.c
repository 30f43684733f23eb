#include "ui/cli/cli.h"

#include "render/file.h"
#include "render/luma.h"
#include "render/resample.h"
#include "render/signed.h"

// A mask picture's brightness at the photo's size.
static struct raster *read_mask(const char *path, int width, int height, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_commandline_arg(path);
    struct image *image = image_load(file, NULL, error);
    if (!image) {
        return NULL;
    }
    const int64_t pixels = (int64_t)width * height;
    g_autofree float *plane = luma_plane(image->rgb, (size_t)image->width * image->height);
    g_autofree float *sized = g_new(float, pixels);
    resample_plane(plane, image->width, image->height, 1, sized, width, height, RESAMPLE_LINEAR);
    image_free(image);
    struct raster *mask = raster_new(width, height, error);
    for (int64_t i = 0; mask && i < pixels; i++) {
        mask->values[i] = (uint8_t)image_quantize(sized[i], 255.0f);
    }
    return mask;
}

static struct image *finish(struct cli *c, const struct photo *p, const struct edit_result *r,
                            GError **error)
{
    if (c->raw) {
        return image_from_signed(r->rgb, r->width, r->height, error);
    }
    struct raster *mask =
        c->mask ? read_mask(c->mask, p->full->width, p->full->height, error) : NULL;
    if (c->mask && !mask) {
        return NULL;
    }
    struct detail_params params = {.mask = mask, .task = &cli_task};
    struct image *result = engine_restore(c->engine, p->full, r, &params, error);
    raster_free(mask);
    return result;
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
