#include "ui/cli/cli.h"

#include "ui/core/export_options.h"

static bool run(struct cli *c, GError **error)
{
    struct image *image =
        cli_image_check(c, c->out, error) ? cli_image_load(c->image, error) : NULL;
    const bool ok = image && cli_image_write(c, c->out, image, image->meta.recipe, error);
    image_free(image);
    return ok;
}

const struct cli_command export_command = {
    .name = "export",
    .summary = "Write a picture in another format, size or colour space, as the window exports it",
    .usage = "",
    .also = export_settings,
    .options = (const char *const[]){"image", "set", "out", NULL},
    .needed = (const char *const[]){"image", "out", NULL},
    .run = run,
};
