#include "compute/error.h"
#include "render/file.h"
#include "ui/core/subject.h"

#include <string.h>

#define MAX_CAPTION 4096 // bytes: far more than a model reads

// The path with what replaces its suffix, where such a file exists.
static char *beside(const char *path, const char *ending)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    g_autofree char *stem = dot ? g_strndup(path, (gsize)(dot - path)) : g_strdup(path);
    char *other = g_strconcat(stem, ending, NULL);
    if (!g_file_test(other, G_FILE_TEST_EXISTS)) {
        g_clear_pointer(&other, g_free);
    }
    return other;
}

// The first line that is not empty: some trainers keep several, to choose from.
static char *read_caption(const char *path, GError **error)
{
    gsize size;
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, &size, error)) {
        return NULL;
    }
    if (size > MAX_CAPTION || !g_utf8_validate(text, (gssize)size, NULL)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE,
                    "%s is no description: it is no text in UTF-8, or longer than %d bytes", path,
                    MAX_CAPTION);
        return NULL;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", 0);
    for (int i = 0; lines[i]; i++) {
        if (*g_strstrip(lines[i])) {
            return g_strdup(lines[i]);
        }
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE, "%s is empty: it describes no photo",
                path);
    return NULL;
}

static struct raster *read_mask(const char *path, const struct photo *p, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_path(path);
    struct image *image = image_load(file, NULL, error);
    struct raster *mask = image ? photo_mask(p, image, path, error) : NULL;
    image_free(image);
    return mask;
}

struct subject_file *subject_file_read(const char *path, const struct photo *p, GError **error)
{
    struct subject_file *f = g_new0(struct subject_file, 1);
    g_autofree char *text = beside(path, ".txt"), *mask = beside(path, "-masklabel.png");
    if ((text && !(f->caption = read_caption(text, error))) ||
        (mask && !(f->mask = read_mask(mask, p, error)))) {
        subject_file_free(f);
        return NULL;
    }
    return f;
}

void subject_file_free(struct subject_file *f)
{
    g_free(f->caption);
    raster_free(f->mask);
    g_free(f);
}

// ---- several ------------------------------------------------------------------------------------

void subject_album_init(struct subject_album *a)
{
    a->photos = g_ptr_array_new_with_free_func((GDestroyNotify)photo_unref);
    a->files = g_ptr_array_new_with_free_func((GDestroyNotify)subject_file_free);
    a->list = g_array_new(FALSE, TRUE, sizeof(struct subject_photo));
}

void subject_album_clear(struct subject_album *a)
{
    g_array_unref(a->list);
    g_ptr_array_unref(a->files);
    g_ptr_array_unref(a->photos);
}

bool subject_album_add(struct subject_album *a, const char *path, struct photo *photo,
                       const char *caption, GError **error)
{
    if (!photo) {
        return false;
    }
    g_ptr_array_add(a->photos, photo);
    struct subject_file *f = subject_file_read(path, photo, error);
    if (f) {
        g_ptr_array_add(a->files, f);
        const struct subject_photo p = {photo, f->caption ? f->caption : caption, f->mask};
        g_array_append_val(a->list, p);
    }
    return f != NULL;
}
