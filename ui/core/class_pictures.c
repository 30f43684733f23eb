// Pictures of a class as the model draws them, kept:
//   <user cache>/tincture/class/<hash of model, sentence, settings>/<seed>.png
// Deleting them costs time only.
#include "ui/core/subject.h"

#include "compute/i18n.h"

#include "render/file.h"
#include "render/signed.h"
#include "ui/core/paths.h"

#define STEPS 25

static struct settings *drawing(void)
{
    struct settings *s = settings_new(generate_settings);
    settings_set(s, "steps", STEPS, NULL);
    return s;
}

static char *folder_of(struct engine *e, const char *prompt, const struct settings *settings,
                       struct task *task, GError **error)
{
    const char *unet = model_hash(e->model, MODEL_UNET, task, error);
    const char *text = unet ? model_hash(e->model, MODEL_TEXT, task, error) : NULL;
    const char *vae = text ? model_hash(e->model, MODEL_VAE, task, error) : NULL;
    if (!vae) {
        return NULL;
    }
    g_autofree char *how = settings_text(settings);
    g_autofree char *all = g_strjoin("\n", unet, text, vae, how, prompt, NULL);
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, all, -1);
    char *folder = g_build_filename(g_get_user_cache_dir(), "tincture", "class", hash, NULL);
    if (!paths_make(folder, error)) {
        g_clear_pointer(&folder, g_free);
    }
    return folder;
}

// The drawing's own steps are not told: there are as many pictures as anybody wants to count.
static bool draw(struct engine *e, const char *prompt, const struct settings *settings, int seed,
                 GFile *file, struct task *task, GError **error)
{
    const int side = model_default_size(e->model);
    const struct edit_request q = {.settings = settings,
                                   .prompt = prompt,
                                   .seed = (uint64_t)seed,
                                   .width = side,
                                   .height = side};
    struct task quiet = {.cancellable = task_cancellable(task)};
    struct edit_result *r = editor_run(e->editor, &q, &quiet, error);
    struct image *image = r ? image_from_signed(r->rgb, r->width, r->height, error) : NULL;
    const struct image_save_params params = {.format = "png", .bits = 8, .task = &quiet};
    const bool ok = image && image_save(image, file, &params, error);
    image_free(image);
    edit_result_free(r);
    return ok;
}

// From the file, drawn or not: so the numbers are the same the next time. One that is damaged is
// drawn anew.
static struct photo *picture(struct engine *e, const char *folder, const char *prompt,
                             const struct settings *settings, int seed, struct task *task,
                             GError **error)
{
    g_autofree char *name = g_strdup_printf("%d.png", seed);
    g_autoptr(GFile) file = g_file_new_build_filename(folder, name, NULL);
    struct image *image = image_load_whole(file, NULL, NULL);
    if (!image && draw(e, prompt, settings, seed, file, task, error)) {
        image = image_load_whole(file, NULL, error);
    }
    return image ? engine_photo(e, image, 0, 0, error) : NULL;
}

// Where it came to an end, as on a full disk, and that nothing which was drawn has to be drawn
// again.
static void tell_kept(const char *folder, int kept, int n, GError **error)
{
    if (error && g_error_matches(*error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        return;
    }
    g_autofree char *place = g_filename_display_name(folder);
    if (kept > 0) {
        g_prefix_error(error,
                       _("%s holds %d of %d pictures of the class, which the next time need not be "
                         "drawn; then: "),
                       place, kept, n);
    } else {
        g_prefix_error(error, _("the pictures of the class could not be put into %s: "), place);
    }
}

GPtrArray *engine_class_pictures(struct engine *e, const char *prompt, int n, struct task *task,
                                 GError **error)
{
    struct settings *settings = drawing();
    GPtrArray *photos = g_ptr_array_new_with_free_func((GDestroyNotify)photo_unref);
    g_autofree char *folder = folder_of(e, prompt, settings, task, error);
    bool ok = folder && editor_set_adapters(e->editor, NULL, 0, task, error);
    for (int i = 0; ok && i < n; i++) {
        task_report_step(task, TASK_DRAWING_CLASS, i, n);
        struct photo *p = task_cancelled(task, error)
                              ? NULL
                              : picture(e, folder, prompt, settings, i, task, error);
        ok = p != NULL;
        if (ok) {
            g_ptr_array_add(photos, p);
        } else {
            tell_kept(folder, i, n, error);
        }
    }
    if (!ok) {
        g_clear_pointer(&photos, g_ptr_array_unref);
    }
    settings_free(settings);
    return photos;
}
