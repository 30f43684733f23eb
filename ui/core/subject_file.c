#include "compute/error.h"
#include "compute/i18n.h"
#include "render/file.h"
#include "render/resample.h"
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
                    _("%s is no description: it is no text in UTF-8, or longer than %d bytes"),
                    path, MAX_CAPTION);
        return NULL;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", 0);
    for (int i = 0; lines[i]; i++) {
        if (*g_strstrip(lines[i])) {
            return g_strdup(lines[i]);
        }
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_FILE, _("%s is empty: it describes no photo"),
                path);
    return NULL;
}

static struct raster *read_mask(const char *path, const struct photo *p, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_path(path);
    struct image *image = image_load_whole(file, NULL, error);
    struct raster *mask = image ? photo_mask(p, image, path, error) : NULL;
    image_free(image);
    return mask;
}

struct subject_file *subject_file_read(const char *path, const struct photo *p, GError **error)
{
    if (g_str_has_suffix(path, SUBJECT_MASK)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("%s is the mask of a photo, and is found where that is"), path);
        return NULL;
    }
    struct subject_file *f = g_new0(struct subject_file, 1);
    f->path = g_strdup(path);
    g_autofree char *text = beside(path, ".txt"), *mask = beside(path, SUBJECT_MASK);
    if ((text && !(f->caption = read_caption(text, error))) ||
        (mask && !(f->mask = read_mask(mask, p, error)))) {
        subject_file_free(f);
        return NULL;
    }
    return f;
}

void subject_file_free(struct subject_file *f)
{
    g_free(f->path);
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

// The mask at the size of a smaller photo. NULL with an error where memory is short.
static struct raster *shrink_mask(const struct raster *mask, int width, int height, GError **error)
{
    const struct image_region all = {0, 0, mask->width, mask->height};
    struct raster *small = raster_new(width, height, error);
    g_autofree float *values = g_new(float, (gsize)width *height);
    raster_resize(mask, &all, width, height, values);
    for (gint64 i = 0; small && i < (gint64)width * height; i++) {
        small->values[i] = (uint8_t)image_quantize(values[i], 255);
    }
    return small;
}

// Ten photos of a camera would take gigabytes, and what is learned from is a crop at the model's
// size: a large photo goes, with its mask, for a smaller one.
static bool shrink(struct photo **photo, struct subject_file *f, GError **error)
{
    const struct image *full = (*photo)->full;
    if (MAX(full->width, full->height) <= SUBJECT_SIDE) {
        return true;
    }
    struct image *small = image_shrink(full, SUBJECT_SIDE, error);
    struct photo *p = small ? photo_new(small, (*photo)->side, (*photo)->unit, 0, error) : NULL;
    if (!p) {
        return false;
    }
    photo_unref(*photo);
    *photo = p;
    if (f->mask) {
        struct raster *mask = shrink_mask(f->mask, p->full->width, p->full->height, error);
        raster_free(f->mask);
        f->mask = mask;
        return mask != NULL;
    }
    return true;
}

// A part of a raster; NULL with an error where memory is short.
static struct raster *cut_mask(const struct raster *mask, const struct image_region *r,
                               GError **error)
{
    struct raster *part = raster_new(r->width, r->height, error);
    for (int y = 0; part && y < r->height; y++) {
        memcpy(part->values + (gsize)y * (gsize)r->width,
               mask->values + (gsize)(r->y + y) * (gsize)mask->width + r->x, (gsize)r->width);
    }
    return part;
}

// What a person said of the photo takes the place of what lies beside it.
static bool apply(const struct subject_said *said, struct photo **photo, struct subject_file *f,
                  GError **error)
{
    const struct image *full = (*photo)->full;
    const struct image_region all = {0, 0, full->width, full->height};
    const struct image_region *part = said->crop.width ? &said->crop : &all;
    if (!photo_check_region(*photo, part, error)) {
        return false;
    }
    const struct raster *mask = said->masked ? said->mask : f->mask;
    struct raster *own = mask ? cut_mask(mask, part, error) : NULL;
    raster_free(f->mask);
    f->mask = own;
    if (said->caption) {
        g_free(f->caption);
        f->caption = g_strdup(said->caption);
    }
    if (part == &said->crop) {
        struct image *cut = image_crop(full, part->x, part->y, part->width, part->height, error);
        struct photo *p = cut ? photo_new(cut, (*photo)->side, (*photo)->unit, 0, error) : NULL;
        if (!p) {
            return false;
        }
        photo_unref(*photo);
        *photo = p;
    }
    return own || !mask;
}

// A cut-out shows something, and its opaque part is its mask.
static bool check_opaque(const char *path, const struct image *image, GError **error)
{
    const gint64 n = image->alpha ? (gint64)image->width * image->height : 0;
    gint64 i = 0;
    while (i < n && image_quantize(image->alpha[i], 255) == 0) {
        i++;
    }
    if (n > 0 && i == n) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("%s shows nothing: it is transparent all over"), path);
        return false;
    }
    return true;
}

bool subject_album_add(struct subject_album *a, const char *path, struct photo *photo,
                       const struct subject_said *said, GError **error)
{
    struct subject_file *f = photo && check_opaque(path, photo->full, error)
                                 ? subject_file_read(path, photo, error)
                                 : NULL;
    if (!f || (said && !apply(said, &photo, f, error)) || !shrink(&photo, f, error)) {
        photo_unref(photo);
        g_clear_pointer(&f, subject_file_free);
        return false;
    }
    const struct subject_photo p = {photo,
                                    f->caption ? f->caption
                                    : said     ? said->usual
                                               : NULL,
                                    f->mask, f->path};
    g_array_append_val(a->list, p);
    g_ptr_array_add(a->photos, photo);
    g_ptr_array_add(a->files, f);
    return true;
}

void subject_fault_add(GString *faults, const char *path, const GError *error)
{
    g_autofree char *name = g_filename_display_basename(path);
    const bool named = strstr(error->message, name) != NULL;
    g_string_append_printf(faults, "%s%s%s%s", faults->len ? "; " : "", named ? "" : name,
                           named ? "" : ": ", error->message);
}
