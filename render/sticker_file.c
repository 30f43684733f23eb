// What messengers take, and files that they do.
#include "render/sticker.h"

#include "compute/error.h"
#include "compute/i18n.h"
#include "compute/replace.h"
#include "render/codec.h"
#include "render/file.h"

static const char *const either[] = {"webp", "png", NULL};
static const char *const webp_alone[] = {"webp", NULL};

// From core.telegram.org/stickers, github.com/WhatsApp/stickers and
// support.signal.org/hc/articles/360031836512: a kilobyte is taken for 1000 bytes.
const struct sticker_target sticker_targets[] = {
    {.name = "any",
     .title = N_("Any Use"),
     .summary = N_("Of any size"),
     .square = true,
     .formats = (const char *const[]){"png", "webp", NULL}},
    {.name = "telegram",
     .title = N_("Telegram"),
     .summary = N_("One side of 512 pixels, at most 512 kB"),
     .side = 512,
     .most = 512000,
     .formats = either},
    {.name = "whatsapp",
     .title = N_("WhatsApp"),
     .summary = N_("512 × 512 pixels with a margin of 16, WebP of at most 100 kB"),
     .side = 512,
     .square = true,
     .margin = 16,
     .most = 100000,
     .formats = webp_alone},
    {.name = "signal",
     .title = N_("Signal"),
     .summary = N_("512 × 512 pixels with a margin of 16, at most 300 kB"),
     .side = 512,
     .square = true,
     .margin = 16,
     .most = 300000,
     .formats = either},
    {NULL},
};

static GBytes *encode(const struct image *sticker, const char *format, const char *recipe,
                      int quality, struct task *task, GError **error)
{
    const struct image_save_params params = {
        .format = format, .bits = 8, .quality = quality, .recipe = recipe, .task = task};

    return image_encode(sticker, &params, error);
}

// Lossless first; then the highest quality that fits, found by halving.
static GBytes *encode_within(const struct image *sticker, const char *format, const char *recipe,
                             gsize most, int *quality, struct task *task, GError **error)
{
    int low = 1,
        high = 100; // what is below low fits, as far as it was tried; what is above high does not
    GBytes *best = NULL;

    for (int try = 100; low <= high; try = (low + high) / 2) {
        GBytes *file = encode(sticker, format, recipe, try, task, error);

        if (file == NULL) {
            g_clear_pointer(&best, g_bytes_unref);
            return NULL;
        }
        if (g_bytes_get_size(file) <= most) {
            g_clear_pointer(&best, g_bytes_unref);
            best = file;
            *quality = try;
            low = try + 1;
        } else {
            g_bytes_unref(file);
            high = try - 1;
        }
    }
    return best;
}

static bool check_format(const struct sticker_target *target, const char *format, GError **error)
{
    g_autoptr(GString) names = g_string_new(NULL);

    for (int i = 0; target->formats[i] != NULL; i++) {
        if (g_ascii_strcasecmp(target->formats[i], format) == 0) {
            return true;
        }
        const char *title = codec_find(target->formats[i])->title;

        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", title);
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                target->side > 0 ? _("%s takes stickers only as: %s")
                                 : _("%s: a sticker is written in a format with transparency: %s"),
                translated(target->title), names->str);
    return false;
}

GBytes *sticker_encode(const struct image *sticker, const struct sticker_target *target,
                       const char *format, const char *recipe, int *quality, struct task *task,
                       GError **error)
{
    const bool lossy = g_ascii_strcasecmp(format, "webp") == 0;
    const gsize most = target->most > 0 ? target->most : G_MAXSIZE;
    int used = 100;
    GError *failure = NULL;

    if (!check_format(target, format, error)) {
        return NULL;
    }

    GBytes *file = lossy ? encode_within(sticker, format, recipe, most, &used, task, &failure)
                         : encode(sticker, format, recipe, used, task, &failure);

    if (failure != NULL) {
        g_propagate_error(error, failure);
        return NULL;
    }
    if (file == NULL || g_bytes_get_size(file) > most) {
        g_clear_pointer(&file, g_bytes_unref);
        g_set_error(
            error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
            lossy ? _("%s takes stickers of at most %d kB, and this one has more at any quality")
                  : _("%s takes stickers of at most %d kB, and this one has more as PNG; save "
                      "it as WebP"),
            target->title, (int)(most / 1000));
        return NULL;
    }
    if (quality != NULL) {
        *quality = used;
    }
    return file;
}

// ---- files --------------------------------------------------------------------------------------

static const char *format_of(const char *path)
{
    const struct codec *codec = codec_find_suffix(path);

    return codec != NULL ? codec->name : "";
}

static void prefix_path(const char *path, GError **error)
{
    g_autofree char *name = g_filename_display_basename(path);

    g_prefix_error(error, "%s: ", name);
}

bool sticker_save_check(const char *path, const struct sticker_target *target, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_path(path);
    const struct image_save_params params = {0};

    if (!image_save_check(file, &params, error)) {
        return false;
    }
    if (!check_format(target, format_of(path), error)) {
        prefix_path(path, error);
        return false;
    }
    return true;
}

bool sticker_save(const struct image *sticker, const char *path,
                  const struct sticker_target *target, const char *recipe, int *quality,
                  struct task *task, GError **error)
{
    g_autoptr(GBytes) bytes =
        sticker_encode(sticker, target, format_of(path), recipe, quality, task, error);
    gsize size = 0;
    const uint8_t *data = bytes != NULL ? g_bytes_get_data(bytes, &size) : NULL;

    if (bytes == NULL || task_cancelled(task, error) ||
        !replacement_whole(path, data, size, error)) {
        prefix_path(path, error);
        return false;
    }
    return true;
}
