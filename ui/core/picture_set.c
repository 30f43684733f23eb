#include "ui/core/picture_set.h"

#include "compute/i18n.h"

#include "render/file.h"
#include "ui/core/subject.h"

struct picture_set {
    GArray *examples;   // struct train_example
    GPtrArray *buffers; // what they borrow
    struct train_set set;
};

// The largest square in the middle: all pictures of a set have one size.
static struct image_region middle(const struct image *image)
{
    const int side = MIN(image->width, image->height);
    return (struct image_region){(image->width - side) / 2, (image->height - side) / 2, side, side};
}

struct photo *picture_open(struct engine *e, const char *path, int side, GPtrArray *notes,
                           struct task *task, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_commandline_arg(path);
    struct image *image = image_load(file, task, error);
    if (image && image->meta.note && notes) {
        g_autofree char *name = g_filename_display_basename(path);
        g_ptr_array_add(notes, g_strdup_printf("%s: %s", name, image->meta.note));
    }
    return image ? engine_photo(e, image, side, 0, error) : NULL;
}

char *picture_caption(const struct photo *p, const char *path, const char *caption, GError **error)
{
    struct subject_file *beside = subject_file_read(path, p, error);
    if (!beside) {
        return NULL;
    }
    char *text = g_strdup(beside->caption ? beside->caption : caption);
    subject_file_free(beside);
    if (!text) {
        g_set_error(
            error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
            _("%s comes without a description: a text of that name that ends in .txt, or one "
              "for all"),
            path);
    }
    return text;
}

bool picture_example(const struct photo *p, const char *path, const char *caption,
                     GPtrArray *buffers, struct image_region *region, struct train_example *e,
                     GError **error)
{
    *region = middle(p->full);
    float *rgb = photo_see(p, region, &e->width, &e->height, error);
    if (!rgb) {
        return false;
    }
    g_ptr_array_add(buffers, rgb);
    char *text = picture_caption(p, path, caption, error);
    if (!text) {
        return false;
    }
    g_ptr_array_add(buffers, text);
    e->rgb = rgb;
    e->caption = text;
    return true;
}

struct picture_set *picture_set_new(void)
{
    struct picture_set *s = g_new0(struct picture_set, 1);
    s->examples = g_array_new(FALSE, FALSE, sizeof(struct train_example));
    s->buffers = g_ptr_array_new_with_free_func(g_free);
    return s;
}

bool picture_set_add_photo(struct picture_set *s, const struct photo *p, const char *path,
                           const char *caption, enum train_role role, GError **error)
{
    struct train_example example = {.role = role};
    struct image_region region;
    const bool ok = picture_example(p, path, caption, s->buffers, &region, &example, error);
    if (ok) {
        g_array_append_val(s->examples, example);
    }
    return ok;
}

static bool add_file(struct picture_set *s, struct engine *e, const struct picture_request *q,
                     const char *path, struct task *task, GError **error)
{
    struct photo *p = picture_open(e, path, q->side, q->notes, task, error);
    const bool ok = p && picture_set_add_photo(s, p, path, q->caption, q->role, error);
    photo_unref(p);
    return ok;
}

bool picture_set_add(struct picture_set *s, struct engine *e, const struct picture_request *q,
                     struct task *task, GError **error)
{
    for (int i = 0; i < q->n; i++) {
        task_report(task, TASK_READING_EXAMPLES, (double)i / q->n);
        if (task_cancelled(task, error) || !add_file(s, e, q, q->paths[i], task, error)) {
            return false;
        }
    }
    return true;
}

const struct train_set *picture_set_get(struct picture_set *s)
{
    s->set = (struct train_set){(const struct train_example *)(void *)s->examples->data,
                                (int)s->examples->len, NULL};
    return &s->set;
}

void picture_set_free(struct picture_set *s)
{
    if (s) {
        g_array_unref(s->examples);
        g_ptr_array_unref(s->buffers);
        g_free(s);
    }
}
