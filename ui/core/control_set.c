// Pairs of pictures and hints.
#include "ui/core/control_set.h"

#include "compute/i18n.h"
#include "compute/model/defaults.h"
#include "render/file.h"
#include "render/hint.h"
#include "ui/core/picture_set.h"

#include <string.h>

#define HINT_ENDING "-hint.png"

struct control_set {
    GArray *examples;   // struct train_example
    GPtrArray *buffers; // what they borrow
    struct train_set set;
};

bool control_defaults(const char *model, struct settings *s, GError **error)
{
    // A picture that is drawn again without its hint does not tell how well hints are followed.
    return settings_parse(s, "objective", "control", error) &&
           settings_parse(s, "keep_best", "0", error) && model_defaults(model, "control", s, error);
}

static struct image *read_hint(const char *path, GError **error)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    g_autofree char *stem = dot ? g_strndup(path, (gsize)(dot - path)) : g_strdup(path);
    g_autofree char *name = g_strconcat(stem, HINT_ENDING, NULL);
    if (!g_file_test(name, G_FILE_TEST_EXISTS)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("%s comes without a hint, which would be %s"), path, name);
        return NULL;
    }
    g_autoptr(GFile) file = g_file_new_for_path(name);
    return image_load_whole(file, NULL, error);
}

bool control_set_is_hint(const char *name)
{
    return g_str_has_suffix(name, HINT_ENDING);
}

static float *make_hint(const struct photo *p, const struct image_region *region, const char *path,
                        const struct train_example *e, const struct settings *settings,
                        GError **error)
{
    if (g_str_equal(settings_choice(settings, "hint"), "canny")) {
        const struct edges_params params = {.sigma = settings_get(settings, "hint_sigma"),
                                            .low = settings_get(settings, "hint_low"),
                                            .high = settings_get(settings, "hint_high")};
        return hint_from_edges(e->rgb, e->width, e->height, &params);
    }
    struct image *image = read_hint(path, error);
    float *hint = image ? engine_file_hint(p, region, image, e->width, e->height, error) : NULL;
    image_free(image);
    return hint;
}

static bool add_pair(struct control_set *s, const struct photo *p, const char *path,
                     const char *caption, const struct settings *settings, GError **error)
{
    struct image_region region;
    struct train_example e = {0};
    float *hint = picture_example(p, path, caption, s->buffers, &region, &e, error)
                      ? make_hint(p, &region, path, &e, settings, error)
                      : NULL;
    if (!hint) {
        return false;
    }
    g_ptr_array_add(s->buffers, hint);
    e.hint = hint;
    g_array_append_val(s->examples, e);
    return true;
}

static bool add_file(struct control_set *s, struct engine *e, const struct control_request *q,
                     const char *path, struct task *task, GError **error)
{
    struct photo *p = picture_open(e, path, q->side, q->notes, task, error);
    const bool ok = p && add_pair(s, p, path, q->caption, q->settings, error);
    photo_unref(p);
    return ok;
}

struct control_set *control_set_new(struct engine *e, const struct control_request *q,
                                    struct task *task, GError **error)
{
    struct control_set *s = g_new0(struct control_set, 1);
    s->examples = g_array_new(FALSE, FALSE, sizeof(struct train_example));
    s->buffers = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; i < q->n; i++) {
        task_report(task, TASK_READING_EXAMPLES, (double)i / q->n);
        if (task_cancelled(task, error) || !add_file(s, e, q, q->paths[i], task, error)) {
            control_set_free(s);
            return NULL;
        }
    }
    s->set = (struct train_set){(const struct train_example *)(void *)s->examples->data,
                                (int)s->examples->len, NULL};
    return s;
}

const struct train_set *control_set_get(const struct control_set *s)
{
    return &s->set;
}

void control_set_free(struct control_set *s)
{
    if (s) {
        g_array_unref(s->examples);
        g_ptr_array_unref(s->buffers);
        g_free(s);
    }
}
