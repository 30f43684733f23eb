// --control FILE[:STRENGTH] with its hint: a picture, or the photo's own edges.
#include "ui/cli/cli.h"

#include <string.h>

bool cli_control(struct cli *c, GError **error)
{
    static const struct setting strength = {.kind = SETTING_FLOAT, .min = 0, .max = 10};
    g_autofree char *path = NULL;
    if (c->hint && c->hint_from_photo) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--hint and --hint-from-photo are two hints, and a control is led by one");
        return false;
    }
    if (!c->control) {
        if (c->hint || c->hint_from_photo) {
            g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                        "--control is missing: the file that says what a hint means");
        }
        return !c->hint && !c->hint_from_photo;
    }
    if (settings_find(c->settings, "keep_edges", NULL) &&
        settings_get(c->settings, "keep_edges") > 0) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--keep-edges is the strength of the model's own control of edges; that of "
                    "--control stands behind its name: %s:0.5",
                    c->control);
        return false;
    }
    c->led.strength = 1;
    if (g_file_test(c->control, G_FILE_TEST_EXISTS)) {
        path = g_strdup(c->control);
    } else if (!cli_split(c->control, &strength, &path, &c->led.strength)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "%s: no file has that name, and behind a colon the strength of a control is a "
                    "number from %g to %g",
                    c->control, strength.min, strength.max);
        return false;
    }
    c->leads = engine_control(c->engine, path, &cli_task, error);
    c->led.net = c->leads ? c->leads->net : NULL;
    if (c->leads && c->leads->net->note) {
        cli_progress_end();
        cli_complain(c->leads->net->note);
    }
    return c->leads != NULL;
}

// The picture lies over all of the photo, or over all that is drawn.
static float *picture_hint(const struct cli *c, const struct photo *p,
                           const struct image_region *region, int width, int height, GError **error)
{
    struct image *image = cli_image_load(c->hint, error);
    float *hint = image ? engine_file_hint(p, region, image, width, height, error) : NULL;
    image_free(image);
    return hint;
}

static float *edges_hint(const struct cli *c, const struct photo *p,
                         const struct image_region *region, GError **error)
{
    const float *rgb;
    int width, height;
    if (!p || (!c->leads->of_edges && !c->hint_from_photo)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    p ? "--hint is missing: what %s takes for a hint is not known to be edges "
                        "(--hint-from-photo takes the photo's)"
                      : "--hint is missing: the picture that leads %s",
                    c->leads->net->name);
        return NULL;
    }
    return engine_see(c->engine, p, region, &rgb, &width, &height, error)
               ? engine_edges_hint(c->leads, rgb, width, height)
               : NULL;
}

bool cli_hint(struct cli *c, const struct photo *p, const struct image_region *region, int width,
              int height, struct edit_request *request, GError **error)
{
    if (!c->leads) {
        return true;
    }
    const float *unused;
    if (p && !engine_see(c->engine, p, region, &unused, &width, &height, error)) {
        return false;
    }
    g_free((float *)c->led.picture);
    c->led.picture = c->hint ? picture_hint(c, p, region, width, height, error)
                             : edges_hint(c, p, region, error);
    request->hint = &c->led;
    return c->led.picture != NULL;
}
