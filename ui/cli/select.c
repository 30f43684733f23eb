#include "ui/cli/cli.h"

#include "render/file.h"
#include "ui/core/export_options.h"

// The selection as a gray picture.
static struct image *to_image(const struct raster *mask, GError **error)
{
    struct image *image = image_new(mask->width, mask->height, false, error);
    for (size_t i = 0; image && i < (size_t)mask->width * mask->height; i++) {
        for (int k = 0; k < 3; k++) {
            image->rgb[3 * i + k] = (float)mask->values[i] / 255.0f;
        }
    }
    return image;
}

static bool write_selection(const struct cli *c, const struct photo *p, GError **error)
{
    const struct edit_request request = cli_request(c);
    struct image_region region;
    struct raster *mask = NULL;
    bool ok = cli_edit_region(c, p, NULL, &request, &region, error) &&
              cli_select(c, p, &region, &request, &mask, error);
    struct image *image = ok ? to_image(mask, error) : NULL;
    ok = image && cli_image_write(c, c->out, image, NULL, error);
    image_free(image);
    raster_free(mask);
    return ok;
}

static bool run(struct cli *c, GError **error)
{
    struct photo *p =
        cli_image_check(c, c->out, error) && cli_engine(c, error) && cli_adapters(c, error)
            ? cli_photo(c, c->image, error)
            : NULL;
    bool ok = p && write_selection(c, p, error);
    photo_unref(p);
    return ok;
}

const struct cli_command select_command = {
    .name = "select",
    .summary = "Write which part of a photo belongs to a word of its description, as a mask",
    .usage = "",
    .settings = edit_settings,
    .reads = (const char *const[]){"long_prompt", "emphasis", "format", "bits", "quality", NULL},
    .also = export_settings,
    .options =
        (const char *const[]){"model", "vae", "device", "precision", "image", "source-prompt",
                              "adapter", "embedding", "size", "region", "select", "out", NULL},
    .needed = (const char *const[]){"image", "source-prompt", "select", "out", NULL},
    .run = run,
};
