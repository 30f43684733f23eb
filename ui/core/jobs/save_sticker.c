// A sticker as a file that a messenger takes.
//
// Takes bytes (8-bit RGBA) with width and height, target and path. Ends with a note: what was
// written.
#include "compute/i18n.h"
#include "ui/core/job.h"
#include "ui/core/sticker.h"

#include <glib/gstdio.h>

static char *note_of(const struct job_inputs *in, int quality)
{
    g_autofree char *name = g_filename_display_basename(in->path);
    GStatBuf file;
    g_autofree char *size =
        g_stat(in->path, &file) == 0 ? g_format_size((guint64)file.st_size) : g_strdup("?");
    return g_strdup_printf(quality < 100 ? _("Saved %s: %d × %d, %s, quality %d")
                                         : _("Saved %s: %d × %d, %s"),
                           name, in->width, in->height, size, quality);
}

static bool run(TinctureJob *job, struct engine *e, GError **error)
{
    const struct job_inputs *in = &job->in;
    struct image *sticker =
        image_from_rgba8(g_bytes_get_data(in->bytes, NULL), in->width, in->height, error);
    int quality = 0;
    task_report(&job->task, TASK_WRITING_FILE, -1.0);
    const bool ok =
        sticker && sticker_save(sticker, in->path, in->target, NULL, &quality, &job->task, error);
    image_free(sticker);
    if (ok) {
        job->out.note = note_of(in, quality);
    }
    return ok;
}

const struct job_type save_sticker_job = {
    .member = {.name = "save-sticker",
               .title = N_("Saving the sticker"),
               .summary = N_("Writes a sticker as a messenger takes it")},
    .rank = JOB_WATCHED | JOB_PROMISED,
    .failure = N_("The sticker could not be saved"),
    .run = run,
};
